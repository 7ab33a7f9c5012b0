//! Metrics computed from stored spans.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use traceql::{Answer, Batch, Metrics, MetricsRun, Subset, Window};

use super::batch::Spans;
use super::{Watched, prune};
use crate::format::otlp::{Outline, groups};
use crate::model::{Span, TraceId};
use crate::query::columns::{Chosen, KnownHeads, Needs, WholeTraces, choose, weigh, whole_traces};
use crate::query::condition::Condition;
use crate::query::memory::Held;
use crate::query::patience::{Patience, SearchError};
use crate::query::trace::{Frames, load, weighed_groups};
use crate::store::{Frame, ReadError, Reader};

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
    let mut run = Counting {
        run: search
            .metrics
            .run(search.window, MEMORY / search.metrics.copies()),
        held: Held::default(),
        patience,
    };
    let metrics = &search.metrics;
    let mut needs = Needs {
        sources: metrics.sources(),
        ids: metrics.needs_ids(),
        durations: metrics.needs_durations(),
        starts: false,
        traces: metrics.needs_traces(),
        all_of: Vec::new(),
    };
    if metrics.needs_whole_traces() {
        needs.ids = true;
        if metrics.needs_all_attributes() {
            needs.compare_all();
        }
        add_traces(reader, &mut run, needs)?;
    } else {
        add_spans(reader, &mut run, &prune(&metrics.probe()), needs)?;
    }
    Ok(Counted {
        answer: run.run.finish(),
        _held: run.held,
    })
}

/// The counts so far, and the memory reserved for them.
struct Counting<'m> {
    run: MetricsRun<'m>,
    held: Held,
    patience: &'m Patience,
}

impl Counting<'_> {
    fn add(&mut self, batch: &impl Batch) -> Result<(), SearchError> {
        self.run.add(&Watched::new(batch, self.patience));
        self.patience.check()?;
        Ok(self.held.grow_by_steps(self.run.memory())?)
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
    for frame in frames(reader, &starts) {
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
fn frames(reader: &Reader, starts: &RangeInclusive<u64>) -> Vec<Frame> {
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
    run.add(&Spans::of_trace(&spans))
}

/// Counts trace by trace, every trace with a span that starts in the window.
fn add_traces(
    reader: &Reader,
    run: &mut Counting<'_>,
    mut needs: Needs,
) -> Result<(), SearchError> {
    let starts = &run.run.starts();
    // The root of a trace is the first to start.
    needs.starts = true;
    let split = reader.split_traces();
    let mut seen = HashSet::new();
    let mut open = Frames::default();
    let mut looker = reader.looker();
    let mut heads = KnownHeads::default();
    let mut held = Held::default();
    for frame in frames(reader, starts) {
        run.patience.check()?;
        weigh(frame, &mut held)?;
        let is_whole = |id| split.is_whole(id);
        let times = frame.first..=frame.last;
        let whole = looker.look_into(frame, |group| {
            whole_traces(group, &times, &needs, is_whole, &mut heads)
        })?;
        let rest = match whole.flatten() {
            Some(WholeTraces { spans, rows, rest }) => {
                match rows {
                    None => run.add(&spans)?,
                    Some(rows) => run.add(&Subset::new(&spans, rows))?,
                }
                rest
            }
            None => traces_in(reader, frame, starts)?,
        };
        if !rest.is_empty() {
            held = Held::default();
        }
        for id in rest {
            if !seen.insert(id) {
                continue;
            }
            if let Some(trace) = load(reader, &mut open, id)? {
                let spans = trace.spans()?;
                run.add(&Spans::of_trace(&spans))?;
            }
        }
    }
    Ok(())
}

fn traces_in(
    reader: &Reader,
    frame: Frame,
    starts: &RangeInclusive<u64>,
) -> Result<Vec<TraceId>, ReadError> {
    let bytes = reader.open(frame)?;
    let groups = groups(&bytes).map_err(|reason| reader.damaged(frame, reason))?;
    let messages = groups.iter().flat_map(|group| &group.spans);
    let outlines = messages.filter_map(|message| Outline::read(message));
    let counting = outlines.filter(|outline| starts.contains(&outline.start.0));
    let mut ids: Vec<_> = counting.map(|outline| outline.trace_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
