//! Blocks: the form in which spans are stored.
//!
//! A block is a list of frames, which hold whole traces where they can. A frame has one of two forms:
//! rows, a `TracesData` message of OTLP, compressed with zstd; or columns, see `columns`. Beside its
//! frames a block has what is needed to find them: [`FrameInfo`]s and [`TraceEntry`]s.
//! `docs/format.md` gives the bytes.

use super::key::{KeySeed, TraceKey};
use crate::model::UnixNanos;

/// A block that has not been stored yet.
#[derive(Debug)]
pub(super) struct NewBlock {
    pub(super) frames: Vec<FrameInfo>,
    /// Sorted.
    pub(super) traces: Vec<TraceEntry>,
    /// The seed of the keys in them.
    pub(super) seed: KeySeed,
    /// The time at which the last of its spans was stored.
    pub(super) came: UnixNanos,
    /// The bytes of the frames, one after the other.
    pub(super) data: Vec<u8>,
    /// The bytes of the calls between services in each frame; none if no frame knows them.
    pub(super) calls: Vec<u8>,
}

/// The index entry of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameInfo {
    /// The form of its spans.
    pub(super) form: Form,
    /// True for columns with a filter of their attributes. In formats 5 and 6 each column of texts had
    /// one instead.
    pub(super) has_filter: bool,
    /// The offset in the block's data.
    pub(super) offset: u32,
    /// The length in the block's data.
    pub(super) length: u32,
    /// The uncompressed length of its rows; for columns, that of the `Span` messages alone.
    pub(super) raw_length: u32,
    /// The number of spans.
    pub(super) spans: u32,
    /// The earliest start of its spans.
    pub(super) first: UnixNanos,
    /// The latest start of its spans.
    pub(super) last: UnixNanos,
    /// The start of the newest of its traces, as far as the frame knows: no trace with spans in it
    /// begins later.
    pub(super) newest: UnixNanos,
    /// The latest end of its spans, none of which counts as ending before it starts; the latest time there
    /// is if it is not known, as in formats 1 to 7.
    pub(super) end: UnixNanos,
}

/// The form of the spans in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Span by span, as received.
    Rows,
    /// Field by field.
    Columns,
}

/// An entry that a frame holds spans of a trace: the key of the trace above the index of the frame, in
/// eight bytes together, since there are millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TraceEntry(u64);

impl NewBlock {
    /// A block without frames, for keys of that seed.
    pub(super) fn new(seed: KeySeed) -> Self {
        Self {
            frames: Vec::new(),
            traces: Vec::new(),
            seed,
            came: UnixNanos::default(),
            data: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The approximate size in the store, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.frames.iter().map(FrameInfo::size).sum::<u64>() + self.calls.len() as u64
    }
}

/// The size of a block before compression, in bytes.
pub(super) fn raw_length(frames: &[FrameInfo]) -> u64 {
    frames.iter().map(|frame| u64::from(frame.raw_length)).sum()
}

/// The size of those frames of a block before compression that are rows, in bytes.
pub(super) fn row_length(frames: &[FrameInfo]) -> u64 {
    let rows = frames.iter().filter(|frame| frame.form == Form::Rows);
    rows.map(|frame| u64::from(frame.raw_length)).sum()
}

impl FrameInfo {
    const LENGTH: usize = 32;

    /// The bit that is set in the number of spans of a frame of columns.
    const COLUMNS: u32 = 1 << 31;

    /// The bit that is set there, too, if the columns have a filter.
    const FILTER: u32 = 1 << 30;

    /// About how many bytes the frame takes in the store, with its entries.
    pub(super) fn size(&self) -> u64 {
        u64::from(self.length) + 48 + u64::from(self.spans)
    }

    /// Encodes these frames without `newest`, each number little-endian.
    pub(super) fn encode_all(frames: &[Self]) -> Vec<u8> {
        let mut out = Vec::with_capacity(frames.len() * Self::LENGTH);
        for frame in frames {
            let filter = if frame.has_filter { Self::FILTER } else { 0 };
            let spans = match frame.form {
                Form::Rows => frame.spans,
                Form::Columns => frame.spans | Self::COLUMNS | filter,
            };
            for number in [frame.offset, frame.length, frame.raw_length, spans] {
                out.extend_from_slice(&number.to_le_bytes());
            }
            out.extend_from_slice(&frame.first.0.to_le_bytes());
            out.extend_from_slice(&frame.last.0.to_le_bytes());
        }
        out
    }

    /// Encodes the `newest` of each frame.
    pub(super) fn encode_newest(frames: &[Self]) -> Vec<u8> {
        let newest = frames.iter().map(|frame| frame.newest.0.to_le_bytes());
        newest.flatten().collect()
    }

    /// Encodes the `end` of each frame.
    pub(super) fn encode_ends(frames: &[Self]) -> Vec<u8> {
        let ends = frames.iter().map(|frame| frame.end.0.to_le_bytes());
        ends.flatten().collect()
    }

    /// Decodes frames; `None` if the lengths do not match. A block of an early format has no bytes
    /// of `newest`: then the traces of a frame may begin as late as its last span. The same is true of
    /// `ends`.
    pub(super) fn decode_all(bytes: &[u8], newest: &[u8], ends: &[u8]) -> Option<Vec<Self>> {
        let (entries, rest) = bytes.as_chunks();
        let mut frames: Vec<_> = entries.iter().map(Self::decode).collect();
        let newest = times(newest, frames.len())?;
        for (frame, newest) in frames.iter_mut().zip(newest) {
            frame.newest = newest;
        }
        let ends = times(ends, frames.len())?;
        for (frame, end) in frames.iter_mut().zip(ends) {
            frame.end = end;
        }
        rest.is_empty().then_some(frames)
    }

    fn decode(bytes: &[u8; Self::LENGTH]) -> Self {
        let mut rest = bytes.as_slice();
        let mut decoded = Self {
            form: Form::Rows,
            has_filter: false,
            offset: u32::from_le_bytes(take(&mut rest)),
            length: u32::from_le_bytes(take(&mut rest)),
            raw_length: u32::from_le_bytes(take(&mut rest)),
            spans: u32::from_le_bytes(take(&mut rest)),
            first: UnixNanos(u64::from_le_bytes(take(&mut rest))),
            last: UnixNanos(u64::from_le_bytes(take(&mut rest))),
            newest: UnixNanos(0),
            end: UnixNanos::MAX,
        };
        decoded.newest = decoded.last;
        if decoded.spans & Self::COLUMNS != 0 {
            decoded.form = Form::Columns;
            decoded.has_filter = decoded.spans & Self::FILTER != 0;
            decoded.spans &= !(Self::COLUMNS | Self::FILTER);
        }
        decoded
    }
}

/// A time for each of so many frames, or none; `None` if the number of bytes is another one.
fn times(bytes: &[u8], frames: usize) -> Option<impl Iterator<Item = UnixNanos>> {
    let (times, behind) = bytes.as_chunks();
    let fits = times.is_empty() || times.len() == frames;
    let times = times
        .iter()
        .map(|time| UnixNanos(u64::from_le_bytes(*time)));
    (fits && behind.is_empty()).then_some(times)
}

impl TraceEntry {
    /// Bytes without the rest of the key.
    const LENGTH: usize = 6;

    pub(super) fn new(key: TraceKey, frame: u16) -> Self {
        Self(u64::from(key) << u16::BITS | u64::from(frame))
    }

    /// The key of the trace.
    pub(super) fn key(self) -> TraceKey {
        TraceKey::from_bits(self.0 >> u16::BITS)
    }

    /// The index of the frame.
    pub(super) fn frame(self) -> u16 {
        u16::try_from(self.0 & u64::from(u16::MAX)).unwrap_or_default()
    }

    /// Encodes these entries without the rests of their keys, each number little-endian.
    pub(super) fn encode_all(entries: &[Self]) -> Vec<u8> {
        let mut out = Vec::with_capacity(entries.len() * Self::LENGTH);
        for entry in entries {
            out.extend_from_slice(&entry.key().short().to_le_bytes());
            out.extend_from_slice(&entry.frame().to_le_bytes());
        }
        out
    }

    /// Encodes the rests of their keys.
    pub(super) fn encode_rests(entries: &[Self]) -> Vec<u8> {
        let rests = entries.iter().map(|entry| entry.key().rest().to_le_bytes());
        rests.flatten().collect()
    }

    /// Decodes entries; `None` if the lengths do not match. A block of an early format has no rests.
    pub(super) fn decode_all(bytes: &[u8], rests: &[u8]) -> Option<Vec<Self>> {
        let (entries, rest) = bytes.as_chunks::<{ Self::LENGTH }>();
        let (rests, behind) = rests.as_chunks();
        let fits = rests.is_empty() || rests.len() == entries.len();
        let rests = rests.iter().map(|rest| u16::from_le_bytes(*rest));
        let rests = rests.chain(std::iter::repeat(0));
        let entries = entries.iter().zip(rests);
        (fits && rest.is_empty() && behind.is_empty()).then(|| {
            entries
                .map(|(entry, rest)| Self::decode(*entry, rest))
                .collect()
        })
    }

    fn decode(bytes: [u8; Self::LENGTH], rest: u16) -> Self {
        let mut bytes = bytes.as_slice();
        let short = u32::from_le_bytes(take(&mut bytes));
        let frame = u16::from_le_bytes(take(&mut bytes));
        Self::new(TraceKey::new(short, rest), frame)
    }
}

/// The next `N` bytes; zeros if there are fewer, which callers exclude.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    match rest.split_first_chunk() {
        Some((bytes, behind)) => {
            *rest = behind;
            *bytes
        }
        None => [0; N],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_their_bytes() {
        let rows = FrameInfo {
            form: Form::Rows,
            has_filter: false,
            offset: 1,
            length: 2,
            raw_length: 3,
            spans: 4,
            first: UnixNanos(5),
            last: UnixNanos(u64::MAX),
            newest: UnixNanos(6),
            end: UnixNanos(7),
        };
        let columns = FrameInfo {
            form: Form::Columns,
            ..rows
        };
        let filtered = FrameInfo {
            has_filter: true,
            ..columns
        };
        let frames = vec![rows, columns, filtered];
        let bytes = FrameInfo::encode_all(&frames);
        let newest = FrameInfo::encode_newest(&frames);
        let ends = FrameInfo::encode_ends(&frames);
        let decode = FrameInfo::decode_all;
        assert_eq!(decode(&bytes, &newest, &ends), Some(frames));
        assert_eq!(decode(&bytes[1..], &newest, &ends), None);
        assert_eq!(decode(&bytes, &newest[1..], &ends), None);
        assert_eq!(decode(&bytes, &newest, &ends[1..]), None);
        assert_eq!(decode(&bytes, &[0; 32], &ends), None);
        let early = decode(&bytes, &[], &[]).unwrap();
        assert_eq!(early[0].newest, UnixNanos(u64::MAX));
        assert_eq!(early[0].end, UnixNanos::MAX);

        let entry = |short, rest, frame| TraceEntry::new(TraceKey::new(short, rest), frame);
        let traces = vec![entry(7, 1, 8), entry(9, u16::MAX, 0)];
        let bytes = TraceEntry::encode_all(&traces);
        let rests = TraceEntry::encode_rests(&traces);
        assert_eq!((bytes.len(), rests.len()), (12, 4));
        let decode = TraceEntry::decode_all;
        assert_eq!(decode(&bytes, &rests), Some(traces));
        assert_eq!(decode(&bytes[1..], &rests), None);
        assert_eq!(decode(&bytes, &rests[1..]), None);
        assert_eq!(decode(&bytes, &rests[2..]), None);
        let early = vec![entry(7, 0, 8), entry(9, 0, 0)];
        assert_eq!(decode(&bytes, &[]), Some(early));
    }
}
