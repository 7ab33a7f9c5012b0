//! Metrics made of the spans in the store.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use traceql::{Answer, Metrics, MetricsRun, Window};

use super::batch::Spans;
use super::prune;
use crate::format::otlp::{Outline, groups};
use crate::model::{Span, TraceId};
use crate::query::patience::{Patience, SearchError};
use crate::query::trace::{Frames, load, weighed_groups};
use crate::store::{Frame, ReadError, Reader, Token};

/// Metrics, and the times for which they are wanted.
#[derive(Debug, Clone)]
pub struct MetricsSearch {
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The times.
    pub window: Window,
}

/// Bytes that the groups of a query take at most. The spans of a frame or a trace come on top.
const MEMORY: usize = 64 * 1024 * 1024;

/// Counts the spans that start within the window.
///
/// # Errors
/// [`SearchError`] if the store cannot be read, or it takes too long.
pub fn run(
    reader: &Reader,
    search: &MetricsSearch,
    patience: &Patience,
) -> Result<Answer, SearchError> {
    let mut run = search.metrics.run(search.window, MEMORY);
    let starts = run.starts();
    if search.metrics.needs_whole_traces() {
        add_traces(reader, &mut run, &starts, patience)?;
    } else {
        let clauses = prune(&search.metrics.probe()).clauses();
        for frame in frames(reader, &starts, &clauses)? {
            patience.check()?;
            add_frame(reader, frame, &mut run, &starts)?;
        }
    }
    Ok(run.finish())
}

/// The frames that may hold a span that starts then, with these tokens.
fn frames(
    reader: &Reader,
    starts: &RangeInclusive<u64>,
    clauses: &[Vec<Token>],
) -> Result<Vec<Frame>, ReadError> {
    let mut frames = Vec::new();
    for block in reader.blocks() {
        if block.last.0 >= *starts.start() && block.first.0 <= *starts.end() {
            frames.extend(reader.frames_with(block, clauses)?);
        }
    }
    frames.retain(|frame| frame.last.0 >= *starts.start() && frame.first.0 <= *starts.end());
    Ok(frames)
}

fn add_frame(
    reader: &Reader,
    frame: Frame,
    run: &mut MetricsRun<'_>,
    starts: &RangeInclusive<u64>,
) -> Result<(), ReadError> {
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
    run.add(&Spans::of_trace(&spans));
    Ok(())
}

/// Counts trace by trace: each that has a span that starts then.
fn add_traces(
    reader: &Reader,
    run: &mut MetricsRun<'_>,
    starts: &RangeInclusive<u64>,
    patience: &Patience,
) -> Result<(), SearchError> {
    let mut seen = HashSet::new();
    let mut open = Frames::default();
    for frame in frames(reader, starts, &[])? {
        for id in traces_in(reader, frame, starts)? {
            patience.check()?;
            if !seen.insert(id) {
                continue;
            }
            if let Some(trace) = load(reader, &mut open, id)? {
                let spans = trace.spans()?;
                run.add(&Spans::of_trace(&spans));
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
