//! A frame of log records, and its index entry.

mod rows;

use std::sync::Arc;

use crate::model::{Severity, TraceId, UnixNanos};
use crate::store::key::KeySeed;
use crate::store::medium::{Bytes, Medium};

pub(super) use rows::{insert, load, remove};

/// A frame that has not been stored yet.
#[derive(Debug)]
pub(crate) struct NewLogFrame {
    pub(super) info: LogInfo,
    /// The time at which the last of its records was stored.
    pub(crate) came: UnixNanos,
    /// The compressed columns, followed by the compressed records.
    pub(super) data: Vec<u8>,
}

/// The index entry of a frame.
#[derive(Debug, Clone)]
pub(super) struct LogInfo {
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    /// The greatest severity of its records.
    pub(super) severity: Severity,
    pub(super) records: u32,
    /// The services of its records, sorted; names are truncated to [`MAX_NAME`] bytes.
    pub(super) services: Vec<Arc<str>>,
    /// The seed of the keys of its traces.
    pub(super) seed: KeySeed,
    /// The keys of the traces of its records, sorted.
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
    /// The time at which the last of its records was stored, by this machine's clock.
    pub(crate) came: UnixNanos,
    /// The data.
    pub(super) bytes: Bytes,
}

/// The longest service name in the index, in bytes; longer ones are truncated.
const MAX_NAME: usize = 1024;

/// The largest uncompressed part in bytes; a larger one counts as damaged, since no request has as
/// many.
pub(super) const MAX_PART: u32 = 256 << 20;

impl NewLogFrame {
    /// The approximate size in the store, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.info.size()
    }
}

impl LogInfo {
    /// The approximate size of the frame in the store, in bytes.
    fn size(&self) -> u64 {
        const BESIDE: u64 = 100;
        let names: usize = self.services.iter().map(|name| name.len()).sum();
        let data = u64::from(self.columns.length) + u64::from(self.rest.length);
        data + (names + 4 * self.traces.len()) as u64 + BESIDE
    }

    /// The size before compression, in bytes.
    pub(super) fn raw_length(&self) -> u64 {
        u64::from(self.columns.raw_length) + u64::from(self.rest.raw_length)
    }

    /// Returns true if its records are in columns, each of which is compressed by itself.
    pub(super) fn has_columns(&self) -> bool {
        self.columns.raw_length == 0
    }

    /// Returns true if it may hold records of a service.
    pub(super) fn has_service(&self, name: &str) -> bool {
        let name = indexed(name);
        self.services
            .binary_search_by(|service| (**service).cmp(name))
            .is_ok()
    }

    /// Returns true if it may hold records of a trace.
    pub(super) fn has_trace(&self, id: TraceId) -> bool {
        self.traces.binary_search(&self.seed.short_key(id)).is_ok()
    }
}

/// The form of a name in the index.
pub(super) fn indexed(name: &str) -> &str {
    let end = name.floor_char_boundary(MAX_NAME);
    name.get(..end).unwrap_or(name)
}

impl LogHead {
    /// The index of a frame that has just been stored in this medium.
    pub(super) fn of(id: i64, frame: NewLogFrame, medium: &Medium) -> Self {
        Self {
            id,
            info: frame.info,
            came: frame.came,
            bytes: medium.keep(frame.data),
        }
    }

    /// The age of its latest record, which is never younger than the frame.
    pub(crate) fn age(&self) -> UnixNanos {
        self.info.last.min(self.came)
    }

    /// The approximate size in the store, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.info.size()
    }
}
