//! TraceQL queries on the store.

pub(super) mod batch;
mod metrics;
mod order;
mod prune;
mod watched;
mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use traceql::syntax::{Expr, Pipeline};

use super::patience::{Patience, SearchError};
use super::predicate::Search;
use super::trace::{Frames, Trace, load};
use crate::model::{Span, UnixNanos};
use crate::store::Reader;

pub use batch::Spans as SpanBatch;
pub use metrics::{Counted, MetricsSearch, run as metrics_of};
pub use order::Order;
pub use watched::Watched;

pub(super) use order::{Best, Ranked, Ranking};
pub(super) use prune::prune;

/// How far outside the window a matching span may start, in a trace that is partly within.
const SLACK: Duration = Duration::from_hours(1);

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
    /// A search for traces with spans that pass a pipeline: the first ones of that order, up to a
    /// limit.
    pub fn search(
        pipeline: &Pipeline,
        from: UnixNanos,
        to: UnixNanos,
        order: Order,
        limit: usize,
    ) -> Search {
        let query = Self {
            search: Arc::new(traceql::Search::new(pipeline)),
            from,
            to,
            order,
        };
        Search {
            from: from.before(SLACK),
            to: UnixNanos(to.0.saturating_add(nanos(SLACK))),
            condition: Some(prune(query.search.probe())),
            traces: Some(query),
            limit: limit.min(Search::MAX_LIMIT),
            ..Search::default()
        }
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

    /// Whether a trace that starts then can lie, at least partly, between the times.
    pub(super) fn may_start_at(&self, start: UnixNanos) -> bool {
        start <= self.to
    }

    /// Whether a trace that starts and ends then lies, at least partly, between the times.
    fn is_within(&self, start: UnixNanos, end: UnixNanos) -> bool {
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

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Calls a function with the traces that a search finds, newest first.
///
/// # Errors
/// [`SearchError`] if the store cannot be read, or if the search takes too long.
pub fn traces_of(
    reader: &Reader,
    search: &Search,
    patience: &Patience,
    mut take: impl FnMut(Trace),
) -> Result<(), SearchError> {
    let mut frames = Frames::default();
    for hit in super::search::run(reader, search, patience)? {
        let trace = match hit.trace {
            Some(trace) => Some(trace),
            None => load(reader, &mut frames, hit.id)?,
        };
        if let Some(trace) = trace {
            take(trace);
        }
    }
    Ok(())
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

    /// Whether it reads how long spans took.
    pub(super) fn needs_durations(&self) -> bool {
        self.0.needs_durations()
    }
}
