//! A frame of log records, and what is known of it without opening it.

use std::sync::Arc;

use crate::model::{Severity, TraceId, UnixNanos};
use crate::store::block::trace_key;

/// A frame that is not in the store yet.
#[derive(Debug)]
pub(crate) struct NewLogFrame {
    pub(super) info: LogInfo,
    /// When the last of its records was stored.
    pub(crate) came: UnixNanos,
    /// The compressed columns, and behind them the compressed records.
    pub(super) data: Vec<u8>,
}

/// The index of a frame.
#[derive(Debug, Clone)]
pub(super) struct LogInfo {
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    /// The greatest severity of a record.
    pub(super) severity: Severity,
    pub(super) records: u32,
    /// The services of which it holds records, sorted; names are cut off after [`MAX_NAME`] bytes.
    pub(super) services: Vec<Arc<str>>,
    /// The last four bytes of the ids of the traces of which it holds records, sorted.
    pub(super) traces: Vec<u32>,
    pub(super) columns: Packed,
    pub(super) rest: Packed,
}

/// The lengths of a compressed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Packed {
    pub(super) length: u32,
    pub(super) raw_length: u32,
}

/// A frame of the store.
#[derive(Debug)]
pub(crate) struct LogHead {
    pub(crate) id: i64,
    pub(super) info: LogInfo,
    /// When the last of its records was stored, by this machine's clock.
    pub(crate) came: UnixNanos,
    /// Its data, if the store is in memory.
    pub(super) resident: Option<Vec<u8>>,
}

/// Longer names of services are cut off in the index.
const MAX_NAME: usize = 1024;

/// A part of more bytes, uncompressed, is taken for damaged: no request brings as many.
pub(super) const MAX_PART: u32 = 256 << 20;

impl NewLogFrame {
    /// About how many bytes it takes in the store.
    pub(crate) fn size(&self) -> u64 {
        self.info.size()
    }
}

impl LogInfo {
    /// About how many bytes the frame takes in the store.
    fn size(&self) -> u64 {
        const BESIDE: u64 = 100;
        let names: usize = self.services.iter().map(|name| name.len()).sum();
        let data = u64::from(self.columns.length) + u64::from(self.rest.length);
        data + (names + 4 * self.traces.len()) as u64 + BESIDE
    }

    /// Bytes before compression.
    pub(super) fn raw_length(&self) -> u64 {
        u64::from(self.columns.raw_length) + u64::from(self.rest.raw_length)
    }

    /// Whether it may hold records of a service.
    pub(super) fn has_service(&self, name: &str) -> bool {
        let name = indexed(name);
        self.services
            .binary_search_by(|service| (**service).cmp(name))
            .is_ok()
    }

    /// Whether it may hold records of a trace.
    pub(super) fn has_trace(&self, id: TraceId) -> bool {
        self.traces.binary_search(&trace_key(id)).is_ok()
    }
}

/// What the index holds of a name.
pub(super) fn indexed(name: &str) -> &str {
    let end = name.floor_char_boundary(MAX_NAME);
    name.get(..end).unwrap_or(name)
}

impl LogHead {
    /// A frame that has just been made; it keeps its data if it is to be `resident`.
    pub(crate) fn of(id: i64, frame: NewLogFrame, resident: bool) -> Self {
        Self {
            id,
            info: frame.info,
            came: frame.came,
            resident: resident.then_some(frame.data),
        }
    }

    /// How old its latest record is: no younger than it is here.
    pub(crate) fn age(&self) -> UnixNanos {
        self.info.last.min(self.came)
    }

    /// About how many bytes it takes where it is kept.
    pub(crate) fn size(&self) -> u64 {
        self.info.size()
    }
}
