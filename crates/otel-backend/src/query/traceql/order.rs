//! The order of found traces, and the choice of those to keep.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use traceql::{Batch as _, Column, FoundTrace, Source, Status, Value};

use super::TraceQuery;
use crate::model::{Span, StatusCode, TraceId, UnixNanos};
use crate::query::columns::ColumnSpans;
use crate::query::{Patience, SearchError};

/// The order of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Latest start first.
    #[default]
    Newest,
    /// Longest duration first, from the first start to the last end.
    Longest,
    /// Shortest duration first.
    Shortest,
    /// Most spans first.
    Spans,
    /// Most spans with an error status first.
    Errors,
    /// Longest matching span first.
    LongestSpan,
}

impl Order {
    /// All orders, with their names in requests.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("newest", Self::Newest),
        ("longest", Self::Longest),
        ("shortest", Self::Shortest),
        ("spans", Self::Spans),
        ("errors", Self::Errors),
        ("longest-span", Self::LongestSpan),
    ];

    /// The column that ranks are made of, beside starts and durations.
    pub(in crate::query) fn source(self) -> Option<Source> {
        (self == Self::Errors).then_some(Source::Status)
    }

    /// The rank of a matching trace: the higher, the earlier it is returned.
    ///
    /// # Errors
    /// [`SearchError::TooLong`] if the time limit is exceeded.
    pub(in crate::query) fn rank(
        self,
        query: &TraceQuery,
        spans: &[Span<'_>],
        patience: &Patience,
    ) -> Result<u64, SearchError> {
        Ok(match self {
            Self::Newest => spans.iter().map(|span| span.start.0).min().unwrap_or(0),
            Self::Longest => length(spans),
            Self::Shortest => u64::MAX - length(spans),
            Self::Spans => spans.len() as u64,
            Self::Errors => {
                let failed = spans
                    .iter()
                    .filter(|span| span.status.code == StatusCode::Error);
                failed.count() as u64
            }
            Self::LongestSpan => query.longest_match(spans, patience)?,
        })
    }
}

/// A trace that matches, with its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::query) struct Ranked {
    pub(in crate::query) rank: u64,
    pub(in crate::query) start: UnixNanos,
    pub(in crate::query) id: TraceId,
}

/// What ranks of the traces of a frame of columns are made of.
pub(in crate::query) struct Ranking<'b> {
    query: &'b TraceQuery,
    batch: &'b ColumnSpans,
    durations: Cow<'b, [i64]>,
    statuses: Option<Column<'b>>,
}

impl<'b> Ranking<'b> {
    /// `None` if the first to start come first, or the columns do not tell when every span ends.
    pub(in crate::query) fn of(query: &'b TraceQuery, batch: &'b ColumnSpans) -> Option<Self> {
        let is_known = query.order != Order::Newest && batch.is_forward;
        is_known.then(|| Self {
            query,
            batch,
            durations: batch.durations(),
            statuses: query.order.source().map(|source| batch.column(&source)),
        })
    }

    /// A trace all of whose spans are in the frame, if it lies between the times that are asked for.
    pub(in crate::query) fn rank(&self, id: TraceId, found: &FoundTrace) -> Option<Ranked> {
        let rows = found.rows.clone();
        let start = self.batch.first_start(&rows);
        let end = UnixNanos(start.0.saturating_add(self.length(&rows, start)));
        let rank = match self.query.order {
            Order::Newest => start.0,
            Order::Longest => end.0 - start.0,
            Order::Shortest => u64::MAX - (end.0 - start.0),
            Order::Spans => rows.len() as u64,
            Order::Errors => {
                let statuses = self.statuses.as_ref()?;
                let failed = |row: &usize| statuses.value(*row) == Value::Status(Status::Error);
                rows.filter(failed).count() as u64
            }
            Order::LongestSpan => {
                let matching = found.spansets.iter().flat_map(|set| &set.rows);
                let durations = matching.filter_map(|row| self.durations.get(*row as usize));
                durations.max()?.cast_unsigned()
            }
        };
        let is_within = self.query.is_within(start, end);
        is_within.then_some(Ranked { rank, start, id })
    }

    /// Nanoseconds from the first start to the last end.
    fn length(&self, rows: &Range<usize>, start: UnixNanos) -> u64 {
        let starts = self.batch.starts();
        let starts = starts.get(rows.clone()).unwrap_or_default();
        let durations = self.durations.get(rows.clone()).unwrap_or_default();
        let spans = starts.iter().zip(durations);
        let ends = spans.map(|(start, nanos)| start.saturating_add(nanos.cast_unsigned()));
        ends.max().unwrap_or_default().saturating_sub(start.0)
    }
}

/// The nanoseconds from the first start to the last end.
fn length(spans: &[Span<'_>]) -> u64 {
    let start = spans.iter().map(|span| span.start.0).min();
    let end = spans.iter().map(|span| span.end.0).max();
    end.unwrap_or(0).saturating_sub(start.unwrap_or(0))
}

/// The traces with the highest ranks so far, up to a limit; of equal ranks, the newest.
#[derive(Debug)]
pub(in crate::query) struct Best {
    limit: usize,
    kept: BinaryHeap<Reverse<Ranked>>,
}

impl Best {
    pub(in crate::query) fn new(limit: usize) -> Self {
        let kept = BinaryHeap::new();
        Self { limit, kept }
    }

    pub(in crate::query) fn add(&mut self, trace: Ranked) {
        self.kept.push(Reverse(trace));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// Their ids, highest rank first.
    pub(in crate::query) fn into_ids(self) -> impl Iterator<Item = TraceId> {
        let sorted = self.kept.into_sorted_vec();
        sorted.into_iter().map(|Reverse(trace)| trace.id)
    }
}
