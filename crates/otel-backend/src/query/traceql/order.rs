//! The order of found traces, and the choice of those to keep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use traceql::Source;

use super::TraceQuery;
use crate::model::{Span, StatusCode, TraceId, UnixNanos};
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
