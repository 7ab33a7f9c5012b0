//! The times and ids of log records.
//!
//! Most records of a program have the same fields and come in the order of time, and several belong to
//! one trace: only their span ids are random.

use std::collections::HashMap;
use std::io;

use zstd::bulk::Decompressor;

use super::numbers::Numbers;
use super::pack::{Cursor, Damaged, Packer, Unpacker};
use crate::format::otlp::LogEntry;
use crate::model::{SpanId, TraceId, UnixNanos};

/// The bits for the fields that an entry has.
const TIME: u64 = 1;
const OBSERVED: u64 = 2;
const TRACE: u64 = 4;
const SPAN: u64 = 8;

/// Writes the times and ids of records.
///
/// # Errors
/// If the compressor fails, or if there are more than some million records.
pub(crate) fn encode_entries(entries: &[LogEntry], packer: &mut Packer) -> io::Result<Vec<u8>> {
    let (mut fields, mut times, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    let (mut traces, mut numbers) = (Vec::new(), HashMap::new());
    let (mut trace_ids, mut span_ids) = (Vec::new(), Vec::new());
    let mut before = 0;
    for entry in entries {
        let has = |bit, is_there| if is_there { bit } else { 0 };
        fields.push(
            has(TIME, entry.time.0 != 0)
                | has(OBSERVED, entry.observed.0 != 0)
                | has(TRACE, entry.trace_id.is_some())
                | has(SPAN, entry.span_id.is_some()),
        );
        let time = entry.instant().0;
        times.push(time.wrapping_sub(before));
        before = time;
        if entry.time.0 != 0 && entry.observed.0 != 0 {
            delays.push(entry.observed.0.wrapping_sub(time));
        }
        if let Some(id) = entry.trace_id {
            let known = numbers.len() as u64;
            let number = *numbers.entry(id).or_insert_with(|| {
                trace_ids.extend_from_slice(id.as_bytes());
                known
            });
            traces.push(known - number);
        }
        if let Some(id) = entry.span_id {
            span_ids.extend_from_slice(id.as_bytes());
        }
    }
    packer.begin();
    for values in [fields, times, delays, traces] {
        Numbers::write(&values, packer)?;
    }
    packer.chunk(&trace_ids)?;
    packer.chunk(&span_ids)?;
    packer.finish()
}

/// Reads what [`encode_entries`] wrote.
///
/// # Errors
/// [`Damaged`] if the bytes are not the times and ids of so many records.
pub(crate) fn decode_entries(
    bytes: &[u8],
    count: usize,
    decompressor: &mut Decompressor<'static>,
) -> Result<Vec<LogEntry>, Damaged> {
    let (body, head) = Unpacker::open(bytes, decompressor)?;
    let mut unpacker = Unpacker::new(bytes, decompressor, body);
    let mut cursor = Cursor::new(&head);
    let mut numbers = || {
        let numbers = Numbers::read(&mut cursor)?;
        // Each belongs to a record.
        let fits = numbers.count <= count;
        fits.then_some(numbers).ok_or(WRONG)?.unpack(&mut unpacker)
    };
    let (fields, times) = (numbers()?, numbers()?);
    let (delays, traces) = (numbers()?, numbers()?);
    let (trace_ids, span_ids) = (cursor.chunk()?, cursor.chunk()?);
    if fields.len() != count || times.len() != count {
        return Err(WRONG);
    }
    let (trace_ids, span_ids) = (unpacker.read(&trace_ids)?, unpacker.read(&span_ids)?);
    let (trace_ids, _) = trace_ids.as_chunks();
    let (span_ids, _) = span_ids.as_chunks();
    let (mut delays, mut traces) = (delays.into_iter(), traces.into_iter());
    let (mut span_ids, mut known) = (span_ids.iter(), 0_u64);
    let mut time = 0_u64;
    let mut entries = Vec::with_capacity(count);
    for (fields, difference) in fields.into_iter().zip(times) {
        let mut entry = LogEntry::default();
        time = time.wrapping_add(difference);
        match (fields & TIME != 0, fields & OBSERVED != 0) {
            (true, false) => entry.time = UnixNanos(time),
            (false, true) => entry.observed = UnixNanos(time),
            (true, true) => {
                let delay = delays.next().ok_or(WRONG)?;
                entry.time = UnixNanos(time);
                entry.observed = UnixNanos(time.wrapping_add(delay));
            }
            (false, false) => {}
        }
        if fields & TRACE != 0 {
            let distance = traces.next().ok_or(WRONG)?;
            let number = known.checked_sub(distance).ok_or(WRONG)?;
            known += u64::from(distance == 0);
            let number = usize::try_from(number).map_err(|_| WRONG)?;
            let id = trace_ids.get(number).ok_or(WRONG)?;
            entry.trace_id = TraceId::new(*id).ok();
        }
        if fields & SPAN != 0 {
            entry.span_id = SpanId::new(*span_ids.next().ok_or(WRONG)?).ok();
        }
        entries.push(entry);
    }
    Ok(entries)
}

const WRONG: Damaged = Damaged("its times and ids are not those of its records");
