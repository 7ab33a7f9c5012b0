//! Finds log records, newest or oldest first.

mod found;
mod text;

use std::collections::BinaryHeap;
use std::rc::Rc;

use super::memory::Held;
use super::patience::{Patience, SearchError};
use crate::format::otlp::{
    Group, LOG_RECORD, LogEntry, LogGroup, ResourceScope, groups, log_groups, severity_of,
};
use crate::format::weight;
use crate::model::{SpanId, UnixNanos};
use crate::store::{LogFrame, LogOpener, LogScope, OpenLogs, ReadError, Reader};

pub use found::{FoundLog, FoundLogs, LogCursor};
pub use text::{LogText, TextTooLong};

use found::Head;

/// A search for log records that satisfy all conditions.
#[derive(Debug, Clone)]
pub struct LogSearch {
    /// The conditions that the store's index can test.
    pub scope: LogScope,
    /// A text in the record.
    pub text: Option<LogText>,
    /// The span of the record.
    pub span: Option<SpanId>,
    /// The largest number of records.
    pub limit: usize,
    /// The order of the answer.
    pub order: LogOrder,
    /// The end of an earlier answer, which this one continues.
    pub after: Option<LogCursor>,
}

/// The order of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOrder {
    /// Newest first.
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// The largest answer in bytes; a longer one ends early.
const MAX_KEPT: usize = 16 << 20;

/// The memory of a decoded element, in bytes.
const ELEMENT: usize = 160;

/// A search in progress.
struct Running<'s> {
    search: &'s LogSearch,
    /// The best records so far, worst on top.
    best: BinaryHeap<FoundLog>,
    /// The number of records to keep: those of the answer, those before it with the same first
    /// time, and one more, which shows that there are more.
    room: usize,
    kept_bytes: usize,
    /// The number of elements of the largest record.
    elements: usize,
    held: Held,
}

/// Finds the first records.
///
/// # Errors
/// [`SearchError`] if the store cannot be read, or if the search takes too long.
pub fn search_logs(
    reader: &Reader,
    search: &LogSearch,
    patience: &Patience,
) -> Result<FoundLogs, SearchError> {
    let skip = search.after.map_or(0, |cursor| cursor.skip);
    let mut running = Running {
        search,
        best: BinaryHeap::new(),
        room: search.limit.saturating_add(skip).saturating_add(1),
        kept_bytes: 0,
        elements: 0,
        held: Held::default(),
    };
    let mut frames = reader.log_frames(&search.scope);
    frames.sort_unstable_by_key(|frame| (search.order.rank_of_frame(frame), *frame));
    let mut opener = reader.log_opener()?;
    for frame in frames {
        patience.check()?;
        if running.is_behind(search.order.rank_of_frame(&frame)) {
            break;
        }
        running.look_into(reader, &mut opener, frame)?;
    }
    Ok(running.finish())
}

impl LogOrder {
    /// A number that is smaller for earlier records of the answer.
    fn rank(self, time: UnixNanos) -> u64 {
        match self {
            Self::NewestFirst => u64::MAX - time.0,
            Self::OldestFirst => time.0,
        }
    }

    fn rank_of_frame(self, frame: &LogFrame) -> u64 {
        match self {
            Self::NewestFirst => self.rank(frame.last),
            Self::OldestFirst => self.rank(frame.first),
        }
    }
}

impl Running<'_> {
    /// Returns true if nothing of this rank can be among the best.
    fn is_behind(&self, rank: u64) -> bool {
        let is_full = self.best.len() >= self.room;
        is_full && self.best.peek().is_some_and(|worst| rank > worst.rank)
    }

    fn look_into(
        &mut self,
        reader: &Reader,
        opener: &mut LogOpener<'_>,
        frame: LogFrame,
    ) -> Result<(), SearchError> {
        self.held
            .grow(self.weight() + reader.log_frame_size(frame))?;
        let text = self.search.text.as_ref();
        let wanted = |rest: &[u8]| text.is_none_or(|text| text.may_be_in(rest));
        let Some(open) = opener.open(frame, wanted)? else {
            return Ok(());
        };
        self.look_at(open)
            .map_err(|reason| reader.damaged_logs(frame, &reason).into())
    }

    fn look_at(&mut self, open: &OpenLogs) -> Result<(), crate::format::otlp::Malformed> {
        let split = groups(&open.rest)?;
        let heads: Vec<_> = split.iter().map(|group| group.head).collect();
        let mut entries = open.entries.iter();
        for (head, group) in heads.into_iter().zip(log_groups(split)?) {
            let service = self.search.scope.service.as_deref();
            let is_of_service = service.is_none_or(|name| group.resource.service_name() == name);
            let mut kept_head = None;
            for (rest, entry) in group.messages.iter().zip(entries.by_ref()) {
                if is_of_service && self.wants(&group, entry, rest) {
                    self.keep(head, &mut kept_head, entry, rest);
                }
            }
        }
        Ok(())
    }

    fn wants<'a>(&self, group: &LogGroup<'a>, entry: &LogEntry, rest: &'a [u8]) -> bool {
        let LogSearch {
            scope, text, span, ..
        } = self.search;
        let time = entry.instant();
        (scope.from..=scope.to).contains(&time)
            && self.search.after.is_none_or(|after| {
                self.search.order.rank(time) >= self.search.order.rank(after.time)
            })
            && !self.is_behind(self.search.order.rank(time))
            && scope.trace.is_none_or(|id| entry.trace_id == Some(id))
            && span.is_none_or(|id| entry.span_id == Some(id))
            && severity_of(rest) >= scope.severity
            && text.as_ref().is_none_or(|text| {
                text.may_be_in(rest) && group.decode(rest).is_ok_and(|record| text.is_in(&record))
            })
    }

    fn keep(
        &mut self,
        head: ResourceScope<'_>,
        kept_head: &mut Option<Rc<Head>>,
        entry: &LogEntry,
        rest: &[u8],
    ) {
        let head = kept_head.get_or_insert_with(|| Rc::new(Head::of(&head)));
        let found = FoundLog::new(
            self.search.order.rank(entry.instant()),
            *entry,
            rest,
            Rc::clone(head),
        );
        self.kept_bytes += found.size();
        self.elements = self
            .elements
            .max(weight::elements(rest, &LOG_RECORD, usize::MAX));
        self.best.push(found);
        while self.best.len() > self.room || (self.kept_bytes > MAX_KEPT && self.best.len() > 2) {
            // Records dropped because of their size must not be replaced by worse ones.
            self.room = self.room.min(self.best.len() - 1);
            if let Some(worst) = self.best.pop() {
                self.kept_bytes -= worst.size();
            }
        }
    }

    /// The memory of the records, and of one of them decoded.
    fn weight(&self) -> usize {
        self.kept_bytes + self.elements * ELEMENT
    }

    fn finish(mut self) -> FoundLogs {
        let (order, after) = (self.search.order, self.search.after);
        let room = self.room;
        let mut logs = std::mem::take(&mut self.best).into_sorted_vec();
        let is_full = logs.len() >= room;
        // The records with the last time of the earlier answer that were in it.
        if let Some(after) = after {
            let rank = order.rank(after.time);
            let at_end = logs.iter().take_while(|log| log.rank == rank).count();
            logs.drain(..at_end.min(after.skip));
        }
        let more = is_full && logs.len() > 1;
        if more {
            logs.pop();
        }
        let next = logs.last().filter(|_| more).map(|last| {
            let same = logs.iter().filter(|log| log.rank == last.rank).count();
            let before = after.filter(|after| order.rank(after.time) == last.rank);
            LogCursor {
                time: last.entry.instant(),
                skip: same + before.map_or(0, |after| after.skip),
            }
        });
        FoundLog::pack(&mut logs);
        FoundLogs {
            logs,
            next,
            _held: self.held,
        }
    }
}

/// Calls `take` with the records in scope of each frame, oldest frame first.
///
/// # Errors
/// [`ReadError`] if the store cannot be read, or the error of `take`.
pub fn walk_logs<E: From<ReadError>>(
    reader: &Reader,
    scope: &LogScope,
    mut take: impl FnMut(&[crate::model::LogRecord<'_>]) -> Result<(), E>,
) -> Result<(), E> {
    let mut frames = reader.log_frames(scope);
    frames.sort_unstable_by_key(|frame| (frame.first, *frame));
    let mut opener = reader.log_opener()?;
    for frame in frames {
        let Some(open) = opener.open(frame, |_| true)? else {
            continue;
        };
        let read = || {
            let mut records = Vec::new();
            let mut entries = open.entries.iter();
            for group in log_groups(groups(&open.rest)?)? {
                let name = group.resource.service_name();
                let is_of_service = scope.service.as_deref().is_none_or(|wanted| wanted == name);
                for (rest, entry) in group.messages.iter().zip(entries.by_ref()) {
                    let is_in = (scope.from..=scope.to).contains(&entry.instant())
                        && scope.trace.is_none_or(|id| entry.trace_id == Some(id))
                        && severity_of(rest) >= scope.severity;
                    if is_of_service && is_in {
                        records.push(group.decode_rest(entry, rest)?);
                    }
                }
            }
            Ok(records)
        };
        let records = read().map_err(|reason: crate::format::otlp::Malformed| {
            reader.damaged_logs(frame, &reason)
        })?;
        for some in records.chunks(CHUNK) {
            take(some)?;
        }
    }
    Ok(())
}

/// The most records passed to `take` at once.
const CHUNK: usize = 1000;

/// A group with a single record.
fn group_of<'a>(head: &'a Head, rest: &'a [u8]) -> Group<'a> {
    Group {
        head: head.as_resource_scope(),
        spans: vec![rest],
    }
}
