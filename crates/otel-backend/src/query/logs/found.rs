//! Records that were found, still as bytes.

use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash as _;
use std::rc::Rc;

use xxhash_rust::xxh3::Xxh3;

use super::super::memory::Held;
use super::group_of;
use crate::format::otlp::{GroupHead, LogEntry, LogGroup, Malformed, log_groups};
use crate::model::{LogRecord, UnixNanos};

/// The answer to a search.
#[derive(Debug)]
pub struct FoundLogs {
    /// The records, in order.
    pub logs: Vec<FoundLog>,
    /// Where the answer ends, if there are more.
    pub next: Option<LogCursor>,
    pub(super) _held: Held,
}

/// A record that was found. Records sort in the order of the answer.
#[derive(Debug)]
pub struct FoundLog {
    pub(super) rank: u64,
    pub(super) entry: LogEntry,
    rest: Vec<u8>,
    head: Rc<Head>,
}

/// The place at which an answer ends: a moment, and how many records of that moment have been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCursor {
    /// The time of the last record.
    pub time: UnixNanos,
    /// The number of records of that time which have been given.
    pub skip: usize,
}

/// Where a record comes from, in bytes.
#[derive(Debug)]
pub(super) struct Head {
    resource: Vec<u8>,
    resource_schema: Vec<u8>,
    scope: Vec<u8>,
    scope_schema: Vec<u8>,
}

impl FoundLog {
    pub(super) fn new(rank: u64, entry: LogEntry, rest: &[u8], head: Rc<Head>) -> Self {
        Self {
            rank,
            entry,
            rest: rest.to_vec(),
            head,
        }
    }

    /// The time by which it is found.
    pub fn instant(&self) -> UnixNanos {
        self.entry.instant()
    }

    /// A number that is the same for the same record, and hardly for another.
    pub fn key(&self) -> u64 {
        let ids = (self.entry.trace_id, self.entry.span_id);
        let mut hasher = Xxh3::with_seed(self.entry.time.0 ^ self.entry.observed.0.rotate_left(32));
        ids.hash(&mut hasher);
        hasher.update(&self.rest);
        hasher.update(&self.head.resource);
        hasher.digest()
    }

    /// Decodes it, and hands it over.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a record.
    pub fn with<T>(&self, take: impl FnOnce(&LogRecord<'_>) -> T) -> Result<T, Malformed> {
        let groups = log_groups(vec![group_of(&self.head, &self.rest)])?;
        let decode = |group: &LogGroup<'_>| {
            let rest = group.messages.first().copied().unwrap_or_default();
            Ok(take(&group.decode_rest(&self.entry, rest)?))
        };
        groups.first().map_or(Err(Malformed::EMPTY), decode)
    }

    /// Its bytes in memory, an estimate.
    pub(super) fn size(&self) -> usize {
        self.rest.len() + size_of::<Self>() + self.head.size()
    }
}

impl Ord for FoundLog {
    fn cmp(&self, other: &Self) -> Ordering {
        // By their bytes too, so that records of one moment always have the same order.
        self.rank
            .cmp(&other.rank)
            .then_with(|| self.rest.cmp(&other.rest))
            .then_with(|| self.entry.span_id.cmp(&other.entry.span_id))
            .then_with(|| self.entry.trace_id.cmp(&other.entry.trace_id))
    }
}

impl PartialOrd for FoundLog {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for FoundLog {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for FoundLog {}

impl Head {
    pub(super) fn of(head: &GroupHead<'_>) -> Self {
        Self {
            resource: head.resource.to_vec(),
            resource_schema: head.resource_schema.to_vec(),
            scope: head.scope.to_vec(),
            scope_schema: head.scope_schema.to_vec(),
        }
    }

    pub(super) fn as_group_head(&self) -> GroupHead<'_> {
        GroupHead {
            resource: &self.resource,
            resource_schema: &self.resource_schema,
            scope: &self.scope,
            scope_schema: &self.scope_schema,
        }
    }

    fn size(&self) -> usize {
        self.resource.len() + self.scope.len()
    }
}

/// The cursor as it stands in an address.
impl fmt::Display for LogCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time.0, self.skip)
    }
}

impl LogCursor {
    /// The cursor that is written so. One beyond a million records of one moment is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, skip) = text.split_once('.')?;
        Some(Self {
            time: UnixNanos(time.parse().ok()?),
            skip: skip.parse().ok().filter(|skip| *skip <= 1_000_000)?,
        })
    }
}
