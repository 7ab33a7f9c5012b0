//! The order in which a search hands traces over, and which of all that match it keeps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::TraceQuery;
use crate::model::{Span, StatusCode, TraceId, UnixNanos};
use crate::query::{Patience, SearchError};

/// What is wanted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The trace that starts last.
    #[default]
    Newest,
    /// The trace that takes longest, from the first start to the last end.
    Longest,
    /// The trace that takes least.
    Shortest,
    /// The trace with the most spans.
    Spans,
    /// The trace with the most spans whose status is an error.
    Errors,
    /// The trace with the longest of all spans that match.
    LongestSpan,
}

impl Order {
    /// All orders, and the names by which they are asked for.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("newest", Self::Newest),
        ("longest", Self::Longest),
        ("shortest", Self::Shortest),
        ("spans", Self::Spans),
        ("errors", Self::Errors),
        ("longest-span", Self::LongestSpan),
    ];

    /// The rank of a trace that matches: the higher, the earlier it is handed over.
    ///
    /// # Errors
    /// [`SearchError::TooLong`] if there is no patience left.
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
            Self::Spans => count(spans, |_| true),
            Self::Errors => count(spans, |span| span.status.code == StatusCode::Error),
            Self::LongestSpan => query.longest_match(spans, patience)?,
        })
    }
}

/// Nanoseconds from the first start to the last end.
fn length(spans: &[Span<'_>]) -> u64 {
    let start = spans.iter().map(|span| span.start.0).min();
    let end = spans.iter().map(|span| span.end.0).max();
    end.unwrap_or(0).saturating_sub(start.unwrap_or(0))
}

fn count(spans: &[Span<'_>], counts: impl Fn(&Span<'_>) -> bool) -> u64 {
    spans.iter().filter(|span| counts(span)).count() as u64
}

/// The traces of the highest ranks seen so far, at most so many; of equal ranks, the newest.
#[derive(Debug)]
pub(in crate::query) struct Best {
    limit: usize,
    kept: BinaryHeap<Reverse<(u64, UnixNanos, TraceId)>>,
}

impl Best {
    pub(in crate::query) fn new(limit: usize) -> Self {
        let kept = BinaryHeap::new();
        Self { limit, kept }
    }

    pub(in crate::query) fn add(&mut self, rank: u64, start: UnixNanos, id: TraceId) {
        self.kept.push(Reverse((rank, start, id)));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// Their ids, the highest rank first.
    pub(in crate::query) fn into_ids(self) -> impl Iterator<Item = TraceId> {
        let sorted = self.kept.into_sorted_vec();
        sorted.into_iter().map(|Reverse((_, _, id))| id)
    }
}
