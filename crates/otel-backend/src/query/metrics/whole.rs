//! Metrics of whole traces: frame by frame, by two threads where that is possible.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread;

use traceql::Subset;

use super::{Counting, MetricsSearch, frames};
use crate::format::otlp::{Outline, groups};
use crate::model::TraceId;
use crate::query::columns::{KnownHeads, Needs, WholeTraces, weigh, whole_traces};
use crate::query::memory::Held;
use crate::query::patience::SearchError;
use crate::query::trace::{Loading, OpenFrames};
use crate::query::traceql::SpanBatch;
use crate::store::{Frame, ReadError, Reader, SplitTraces};

/// The turn to have a second thread: one question has it at a time, and the others go on with theirs
/// alone, so that questions never take more than one thread above those that are permitted.
static SECOND_THREAD: Mutex<()> = Mutex::new(());

/// The frames to be counted, each by the thread that comes first.
struct Work {
    frames: Vec<Frame>,
    next: AtomicUsize,
    split: Arc<SplitTraces>,
    needs: Needs,
    starts: RangeInclusive<u64>,
}

/// Another reader of the same state, for the second thread.
struct Second {
    reader: Reader,
    _turn: MutexGuard<'static, ()>,
}

impl Second {
    /// `None` if another question has the turn, or the store has changed since the first reader began.
    fn of(reader: &Reader) -> Option<Self> {
        let turn = match SECOND_THREAD.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let reader = reader.twin()?;
        Some(Self {
            reader,
            _turn: turn,
        })
    }
}

/// Counts every trace with a span that starts in the window.
pub(super) fn add_traces(
    reader: &Reader,
    search: &MetricsSearch,
    mut needs: Needs,
    run: &mut Counting<'_>,
) -> Result<(), SearchError> {
    // The root of a trace is the first to start.
    needs.starts = true;
    let starts = run.run.starts();
    let work = Work {
        frames: frames(reader, &starts),
        next: AtomicUsize::new(0),
        split: reader.split_traces(),
        needs,
        starts,
    };
    run.expect(&work.frames);
    let second = search.metrics.can_be_divided().then(|| Second::of(reader));
    let rest = match second.flatten() {
        Some(second) => work.count_by_two(reader, second, search, run)?,
        None => work.count(reader, run)?,
    };
    let mut loading = Loading::new(reader, rest);
    while let Some(traces) = loading.next(&OpenFrames::new(), || run.patience.check())? {
        for trace in traces {
            let spans = trace.spans()?;
            run.add(&SpanBatch::of_trace(&spans))?;
        }
    }
    Ok(())
}

impl Work {
    /// Counts frames until none is left, and returns the traces that no frame has as a whole, some several
    /// times: in the order of the frames, so that those of the same frames are loaded together.
    fn count(&self, reader: &Reader, run: &mut Counting<'_>) -> Result<Vec<TraceId>, SearchError> {
        let mut rest = Vec::new();
        let mut looker = reader.looker();
        let mut heads = KnownHeads::default();
        let mut held = Held::default();
        let mut needs = self.needs.clone();
        while let Some(frame) = self.next() {
            run.patience.check()?;
            weigh(frame, &mut held)?;
            let is_whole = |id| self.split.is_whole(id);
            let times = frame.first..=frame.last;
            needs.given_up = run.run.given_up();
            let whole = looker.look_into(frame, |group| {
                whole_traces(group, &times, &needs, is_whole, &mut heads)
            })?;
            match whole.flatten() {
                Some(WholeTraces {
                    spans,
                    rows,
                    rest: others,
                }) => {
                    match rows {
                        None => run.add(&spans)?,
                        Some(rows) => run.add(&Subset::new(&spans, rows))?,
                    }
                    rest.extend(others);
                }
                None => rest.extend(traces_in(reader, frame, &self.starts)?),
            }
        }
        Ok(rest)
    }

    fn next(&self) -> Option<Frame> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.frames.get(next).copied()
    }

    /// The same by two threads; by one if there is no second one to be had.
    fn count_by_two(
        &self,
        reader: &Reader,
        second: Second,
        search: &MetricsSearch,
        run: &mut Counting<'_>,
    ) -> Result<Vec<TraceId>, SearchError> {
        let mut other = Counting::new(search, run.patience);
        // Both together have the memory of one question.
        run.run.halve();
        other.run.halve();
        other.expect(&self.frames);
        let counted = thread::scope(|scope| {
            let count = || {
                let counted = self.count(&second.reader, &mut other);
                second.reader.close();
                counted
            };
            let named = thread::Builder::new().name("question".to_owned());
            let second = named.spawn_scoped(scope, count).ok();
            let counted = self.count(reader, run);
            if counted.is_err() {
                // Nothing is left for the other one.
                self.next.store(self.frames.len(), Ordering::Relaxed);
            }
            let others = second.map(|second| match second.join() {
                Ok(counted) => counted,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            let mut rest = counted?;
            rest.extend(others.transpose()?.unwrap_or_default());
            Ok::<_, SearchError>(rest)
        });
        let rest = counted?;
        run.absorb(other)?;
        Ok(rest)
    }
}

/// The traces of a frame with a span that starts in the window.
fn traces_in(
    reader: &Reader,
    frame: Frame,
    starts: &RangeInclusive<u64>,
) -> Result<HashSet<TraceId>, ReadError> {
    let bytes = reader.open(frame)?;
    let groups = groups(&bytes).map_err(|reason| reader.damaged(frame, reason))?;
    let messages = groups.iter().flat_map(|group| &group.spans);
    let outlines = messages.filter_map(|message| Outline::read(message));
    let counting = outlines.filter(|outline| starts.contains(&outline.start.0));
    Ok(counting.map(|outline| outline.trace_id).collect())
}
