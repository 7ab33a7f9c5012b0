//! TraceQL queries on the store.

pub(super) mod batch;
mod order;
mod prune;
mod watched;

use std::collections::BTreeSet;
use std::sync::Arc;

use traceql::syntax::{Expr, Pipeline};

use super::patience::{Patience, SearchError};
use crate::model::{Span, UnixNanos};

pub use batch::Spans as SpanBatch;
pub use order::Order;
pub use watched::Watched;

pub(super) use order::{Best, Ranked};
pub(super) use prune::prune;

/// A condition on a trace: a pipeline lets some of its spans pass, and it is at least partly within
/// a time range.
#[derive(Debug, Clone)]
pub struct TraceQuery {
    /// The pipeline.
    pub search: Arc<traceql::Search>,
    from: UnixNanos,
    to: UnixNanos,
    /// The order of the answer.
    pub order: Order,
}

impl PartialEq for TraceQuery {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.search, &other.search)
            && (self.from, self.to, self.order) == (other.from, other.to, other.order)
    }
}

impl TraceQuery {
    /// A condition that traces at least partly between these times satisfy by passing a pipeline.
    pub(super) fn new(pipeline: &Pipeline, from: UnixNanos, to: UnixNanos, order: Order) -> Self {
        Self {
            search: Arc::new(traceql::Search::new(pipeline)),
            from,
            to,
            order,
        }
    }

    /// Returns true if only traces satisfy it that take longer than so many nanoseconds.
    pub(super) fn is_longer_than(&self, nanos: u64) -> bool {
        u64::try_from(self.search.least_trace_duration()).is_ok_and(|least| nanos < least)
    }

    /// Returns true if no trace can satisfy it.
    pub(super) fn is_never(&self) -> bool {
        self.search.is_never()
    }

    /// Returns true if a trace with these spans satisfies it.
    ///
    /// # Errors
    /// [`SearchError::TooLong`] if the time limit is exceeded.
    pub(super) fn matches(
        &self,
        spans: &[Span<'_>],
        patience: &Patience,
    ) -> Result<bool, SearchError> {
        let start = spans.iter().map(|span| span.start).min();
        let end = spans.iter().map(|span| span.end).max();
        let times = start.zip(end);
        if !times.is_some_and(|(start, end)| self.is_within(start, end)) {
            return Ok(false);
        }
        let batch = SpanBatch::of_trace(spans);
        let batch = Watched::new(&batch, patience);
        let matches = !self.search.evaluate(&batch).traces.is_empty();
        patience.check()?;
        Ok(matches)
    }

    /// Returns true if a trace with this start can lie at least partly in the window.
    pub(super) fn may_start_at(&self, start: UnixNanos) -> bool {
        start <= self.to
    }

    /// Returns true if a trace with this start and end lies at least partly in the window.
    pub(super) fn is_within(&self, start: UnixNanos, end: UnixNanos) -> bool {
        self.may_start_at(start) && end.max(start) >= self.from
    }

    /// The duration in nanoseconds of the longest span of a trace that passes.
    fn longest_match(&self, spans: &[Span<'_>], patience: &Patience) -> Result<u64, SearchError> {
        let batch = SpanBatch::of_trace(spans);
        let batch = Watched::new(&batch, patience);
        let found = self.search.evaluate(&batch);
        patience.check()?;
        let sets = found.traces.iter().flat_map(|trace| &trace.spansets);
        let matching = sets
            .flat_map(|set| &set.rows)
            .filter_map(|row| spans.get(*row as usize));
        let durations = matching.map(|span| span.end.0.saturating_sub(span.start.0));
        Ok(durations.max().unwrap_or(0))
    }
}

/// An expression on single spans.
#[derive(Debug, Clone)]
pub struct SpanQuery(Arc<traceql::Probe>);

impl SpanQuery {
    /// Keeps the conditions on single spans; the others are taken to be true.
    pub fn new(expr: &Expr) -> Self {
        let pipeline = Pipeline::of_selector(expr.clone());
        let search = traceql::Search::new(&pipeline);
        Self(Arc::new(traceql::Probe::new(search.probe())))
    }

    /// The rows of the spans that satisfy it.
    pub(super) fn rows(&self, spans: &dyn traceql::Batch) -> Vec<usize> {
        self.0.rows(spans)
    }

    /// The columns that it reads.
    pub(super) fn sources(&self) -> BTreeSet<traceql::Source> {
        self.0.sources()
    }

    /// Returns true if it reads the ids of spans and of their parents.
    pub(super) fn needs_ids(&self) -> bool {
        self.0.needs_ids()
    }

    /// Returns true if it reads the ids of traces.
    pub(super) fn needs_traces(&self) -> bool {
        self.0.needs_traces()
    }

    /// Returns true if the durations of spans are read.
    pub(super) fn needs_durations(&self) -> bool {
        self.0.needs_durations()
    }
}
