//! Metrics computed from stored spans.

mod whole;

use std::ops::RangeInclusive;
use std::sync::Arc;

use traceql::{Answer, Batch, Metrics, MetricsRun, Window};

use super::columns::{Chosen, KnownHeads, Needs, choose, weigh};
use super::condition::Condition;
use super::memory::Held;
use super::patience::{Patience, SearchError};
use super::trace::weighed_groups;
use super::traceql::{SpanBatch, Watched, prune};
use crate::format::otlp::Outline;
use crate::model::Span;
use crate::store::{Frame, Reader};
use whole::add_traces;

/// A metrics query and its time window.
#[derive(Debug, Clone)]
pub struct MetricsSearch {
    /// The metrics query.
    pub metrics: Arc<Metrics>,
    /// The time window.
    pub window: Window,
}

/// The resulting series, and the memory reserved for them.
#[derive(Debug)]
pub struct Counted {
    /// The series.
    pub answer: Answer,
    _held: Held,
}

/// The most memory for the groups of a query and its answer, in bytes. The spans of a frame or a
/// trace come on top.
const MEMORY: usize = 64 * 1024 * 1024;

/// Counts the spans that start within the window.
///
/// # Errors
/// [`SearchError`] if the store cannot be read, or if it takes too long.
pub fn run(
    reader: &Reader,
    search: &MetricsSearch,
    patience: &Patience,
) -> Result<Counted, SearchError> {
    let mut run = Counting::new(search, patience);
    let metrics = &search.metrics;
    let mut needs = Needs {
        sources: metrics.sources(),
        ids: metrics.needs_ids(),
        durations: metrics.needs_durations(),
        starts: false,
        traces: metrics.needs_traces(),
        ..Needs::default()
    };
    if metrics.needs_whole_traces() {
        needs.ids = true;
        if metrics.needs_all_attributes() {
            needs.compare_all();
        }
        add_traces(reader, search, needs, &mut run)?;
    } else {
        add_spans(reader, &mut run, &prune(&metrics.probe()), needs)?;
    }
    Ok(Counted {
        answer: run.run.finish(),
        _held: run.held,
    })
}

/// The counts so far, and the memory reserved for them.
pub(super) struct Counting<'m> {
    pub(super) run: MetricsRun<'m>,
    held: Held,
    pub(super) patience: &'m Patience,
}

impl<'m> Counting<'m> {
    pub(super) fn new(search: &'m MetricsSearch, patience: &'m Patience) -> Self {
        let metrics = &search.metrics;
        Self {
            run: metrics.run(search.window, MEMORY / metrics.copies()),
            held: Held::default(),
            patience,
        }
    }

    /// Says that all spans are of these frames.
    fn expect(&mut self, frames: &[Frame]) {
        let first = frames.iter().map(|frame| frame.first.0).min();
        let last = frames.iter().map(|frame| frame.last.0).max();
        if let (Some(first), Some(last)) = (first, last) {
            self.run.expect(&(first..=last));
        }
    }

    /// Adds what another thread has counted.
    pub(super) fn absorb(&mut self, other: Counting<'_>) -> Result<(), SearchError> {
        self.run.absorb(&other.run);
        drop(other);
        Ok(self.held.grow_by_steps(self.run.memory(), usize::MAX)?)
    }

    /// Counts spans.
    pub(super) fn add(&mut self, batch: &impl Batch) -> Result<(), SearchError> {
        self.run.add(&Watched::new(batch, self.patience));
        self.patience.check()?;
        Ok(self.held.grow_by_steps(self.run.memory(), usize::MAX)?)
    }
}

/// Counts frame by frame.
fn add_spans(
    reader: &Reader,
    run: &mut Counting<'_>,
    condition: &Condition,
    mut needs: Needs,
) -> Result<(), SearchError> {
    let starts = run.run.starts();
    let mut looker = reader.looker();
    let mut heads = KnownHeads::default();
    let mut held = Held::default();
    let needs_traces = needs.traces;
    let frames = frames(reader, &starts);
    run.expect(&frames);
    for frame in frames {
        weigh(frame, &mut held)?;
        let times = frame.first..=frame.last;
        needs.starts = run.run.needs_starts((frame.first.0, frame.last.0));
        needs.traces = needs_traces || needs.starts;
        let chosen = looker.look_into(frame, |group| {
            choose(group, condition, &times, &needs, &mut heads)
        })?;
        match chosen {
            Some(Chosen::Nothing) => {}
            Some(Chosen::Spans(spans)) => run.add(&*spans)?,
            Some(Chosen::Unknown) | None => add_frame(reader, frame, run, &starts)?,
        }
        run.patience.check()?;
    }
    Ok(())
}

/// The frames that may hold a span that starts then.
pub(super) fn frames(reader: &Reader, starts: &RangeInclusive<u64>) -> Vec<Frame> {
    let mut frames = Vec::new();
    for block in reader.blocks() {
        if block.last.0 >= *starts.start() && block.first.0 <= *starts.end() {
            frames.extend(reader.frames_of_block(block));
        }
    }
    frames.retain(|frame| frame.last.0 >= *starts.start() && frame.first.0 <= *starts.end());
    frames
}

fn add_frame(
    reader: &Reader,
    frame: Frame,
    run: &mut Counting<'_>,
    starts: &RangeInclusive<u64>,
) -> Result<(), SearchError> {
    let bytes = reader.open(frame)?;
    let (groups, _held) = weighed_groups(reader, frame, &bytes)?;
    let mut spans: Vec<Span<'_>> = Vec::new();
    for group in &groups {
        let counts = |message: &&&[u8]| {
            Outline::read(message).is_some_and(|outline| starts.contains(&outline.start.0))
        };
        let messages = group.messages.iter().filter(counts);
        spans.extend(messages.filter_map(|message| group.decode(message).ok()));
    }
    run.add(&SpanBatch::of_trace(&spans))
}
