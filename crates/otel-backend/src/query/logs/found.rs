//! Found records, still encoded.

use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash as _;
use std::ops::{Deref, Range};
use std::rc::Rc;

use xxhash_rust::xxh3::Xxh3;

use super::super::memory::Held;
use super::group_of;
use crate::format::otlp::{LogEntry, LogGroup, Malformed, ResourceScope, log_groups};
use crate::model::{LogRecord, UnixNanos};

/// The answer to a search.
#[derive(Debug)]
pub struct FoundLogs {
    /// The records, in order.
    pub logs: Vec<FoundLog>,
    /// The end of the answer, if there are more records.
    pub next: Option<LogCursor>,
    pub(super) _held: Held,
}

/// A found record. Records sort in the order of the answer.
#[derive(Debug)]
pub struct FoundLog {
    pub(super) rank: u64,
    pub(super) entry: LogEntry,
    rest: Rest,
    head: Rc<Head>,
}

/// The bytes of a record: its own, or a part of those of the whole answer.
#[derive(Debug)]
struct Rest {
    bytes: Rc<Vec<u8>>,
    range: Range<usize>,
}

/// The position at which an answer ends: a time, and the number of records with that time that have
/// been returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCursor {
    /// The time of the last record.
    pub time: UnixNanos,
    /// The number of records with that time that have been returned.
    pub skip: usize,
}

/// The encoded resource and scope of a record.
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
            rest: Rest {
                bytes: Rc::new(rest.to_vec()),
                range: 0..rest.len(),
            },
            head,
        }
    }

    /// The time by which the record is found.
    pub fn instant(&self) -> UnixNanos {
        self.entry.instant()
    }

    /// A number that identifies the record: equal for the same record, and very probably different
    /// for others.
    pub fn key(&self) -> u64 {
        let ids = (self.entry.trace_id, self.entry.span_id);
        let mut hasher = Xxh3::with_seed(self.entry.time.0 ^ self.entry.observed.0.rotate_left(32));
        ids.hash(&mut hasher);
        hasher.update(&self.rest);
        hasher.update(&self.head.resource);
        hasher.digest()
    }

    /// Decodes the record and passes it to `take`.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a valid record.
    pub fn with<T>(&self, take: impl FnOnce(&LogRecord<'_>) -> T) -> Result<T, Malformed> {
        let groups = log_groups(vec![group_of(&self.head, &self.rest)])?;
        let decode = |group: &LogGroup<'_>| {
            let rest = group.messages.first().copied().unwrap_or_default();
            Ok(take(&group.decode_rest(&self.entry, rest)?))
        };
        groups.first().map_or(Err(Malformed::EMPTY), decode)
    }

    /// Moves the bytes of all records into one block, which leaves no gaps among those of others when
    /// it is freed: an answer may wait for its client for long.
    pub(super) fn pack(logs: &mut [Self]) {
        let mut all = Vec::with_capacity(logs.iter().map(|log| log.rest.len()).sum());
        for log in &mut *logs {
            let start = all.len();
            all.extend_from_slice(&log.rest);
            log.rest.range = start..all.len();
        }
        let all = Rc::new(all);
        for log in logs {
            log.rest.bytes = Rc::clone(&all);
        }
    }

    /// The approximate memory of the record, in bytes.
    pub(super) fn size(&self) -> usize {
        self.rest.len() + size_of::<Self>() + self.head.size()
    }
}

impl Deref for Rest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }
}

impl Ord for FoundLog {
    fn cmp(&self, other: &Self) -> Ordering {
        // The bytes are compared too, so that records with the same time have a fixed order.
        self.rank
            .cmp(&other.rank)
            .then_with(|| (*self.rest).cmp(&*other.rest))
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
    pub(super) fn of(head: &ResourceScope<'_>) -> Self {
        Self {
            resource: head.resource.to_vec(),
            resource_schema: head.resource_schema.to_vec(),
            scope: head.scope.to_vec(),
            scope_schema: head.scope_schema.to_vec(),
        }
    }

    pub(super) fn as_resource_scope(&self) -> ResourceScope<'_> {
        ResourceScope {
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

/// Writes the cursor in the form used in URLs.
impl fmt::Display for LogCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time.0, self.skip)
    }
}

impl LogCursor {
    /// Parses that form. A cursor beyond a million records with one time is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, skip) = text.split_once('.')?;
        Some(Self {
            time: UnixNanos(time.parse().ok()?),
            skip: skip.parse().ok().filter(|skip| *skip <= 1_000_000)?,
        })
    }
}
