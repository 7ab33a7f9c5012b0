//! The times and ids of a small frame's records. `docs/format.md` describes the bytes.

use crate::format::otlp::LogEntry;
use crate::format::protobuf::{take_varint, write_varint};
use crate::model::{SpanId, TraceId, UnixNanos};
use crate::store::zigzag;

/// The bits for the fields that an entry has.
const TIME: u8 = 1;
const OBSERVED: u8 = 2;
const TRACE: u8 = 4;
const SPAN: u8 = 8;

/// Encodes these entries.
pub(super) fn encode(entries: impl ExactSizeIterator<Item = LogEntry>) -> Vec<u8> {
    let mut masks = Vec::with_capacity(entries.len());
    let (mut times, mut traces, mut spans) = (Vec::new(), Vec::new(), Vec::new());
    let mut before = 0;
    for entry in entries {
        let mut mask = 0;
        for (bit, time) in [(TIME, entry.time.0), (OBSERVED, entry.observed.0)] {
            if time != 0 {
                mask |= bit;
                let difference = time.wrapping_sub(before).cast_signed();
                write_varint(zigzag::encode(difference), &mut times);
                before = time;
            }
        }
        if let Some(id) = entry.trace_id {
            mask |= TRACE;
            traces.extend_from_slice(id.as_bytes());
        }
        if let Some(id) = entry.span_id {
            mask |= SPAN;
            spans.extend_from_slice(id.as_bytes());
        }
        masks.push(mask);
    }
    [masks, traces, spans, times].concat()
}

/// Decodes so many entries; `None` if the bytes do not match.
pub(super) fn decode(bytes: &[u8], count: usize) -> Option<Vec<LogEntry>> {
    let (masks, rest) = bytes.split_at_checked(count)?;
    let with = |bit| masks.iter().filter(|mask| **mask & bit != 0).count();
    let (mut traces, rest) = rest.split_at_checked(with(TRACE) * 16)?;
    let (mut spans, mut times) = rest.split_at_checked(with(SPAN) * 8)?;
    let mut before = 0_u64;
    let mut entries = Vec::with_capacity(count);
    for mask in masks {
        let mut entry = LogEntry::default();
        for (bit, time) in [(TIME, &mut entry.time), (OBSERVED, &mut entry.observed)] {
            if mask & bit != 0 {
                let difference = zigzag::decode(take_varint(&mut times).ok()?);
                before = before.wrapping_add_signed(difference);
                *time = UnixNanos(before);
            }
        }
        if mask & TRACE != 0 {
            entry.trace_id = TraceId::new(take(&mut traces)?).ok();
        }
        if mask & SPAN != 0 {
            entry.span_id = SpanId::new(take(&mut spans)?).ok();
        }
        entries.push(entry);
    }
    times.is_empty().then_some(entries)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = LogEntry> {
        let time = prop_oneof![
            Just(0),
            Just(u64::MAX),
            any::<u64>(),
            1_700_000_000_000_000_000..1_700_000_001_000_000_000_u64
        ];
        let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), 0..4_u8);
        (time.clone(), time, ids).prop_map(|(time, observed, (trace, span, have))| LogEntry {
            time: UnixNanos(time),
            observed: UnixNanos(observed),
            trace_id: TraceId::new(trace).ok().filter(|_| have & 1 != 0),
            span_id: SpanId::new(span).ok().filter(|_| have & 2 != 0),
        })
    }

    proptest! {
        #[test]
        fn entries_come_back(entries in vec(entry(), 0..50)) {
            let bytes = encode(entries.iter().copied());
            prop_assert_eq!(decode(&bytes, entries.len()), Some(entries));
        }

        #[test]
        fn any_bytes_are_entries_or_not(bytes in vec(any::<u8>(), 0..200), count in 0..100_usize) {
            if let Some(entries) = decode(&bytes, count) {
                prop_assert_eq!(entries.len(), count);
            }
        }
    }
}
