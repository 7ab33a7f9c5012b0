//! Finds the first matching traces: the newest, or those of another order.

use std::cell::OnceCell;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::columns::{Candidates, KnownHeads, candidates, weigh};
use super::memory::Held;
use super::patience::{Patience, SearchError};
use super::predicate::Search;
use super::trace::{KeptFrames, Loading, SpanStart, Trace, load, weighed_groups};
use super::traceql::{Best, Order, Ranked};
use crate::format::otlp::{Outline, SpanGroup};
use crate::model::{TraceId, UnixNanos};
use crate::store::{Block, Frame, Looker, Reader, SplitTraces};

/// A step of the search, and the latest possible start of a trace that it finds.
///
/// A heap of steps makes a best-first search: the step that may lead to the newest trace comes
/// first, and a trace on top of the heap is newer than any that could still be found.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SearchStep {
    latest: UnixNanos,
    stage: Stage,
}

/// The stage of a step. (In this order, so that of equals the furthest comes first.)
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Block(Block),
    Frame(Frame),
    Candidate(TraceId),
    Found(TraceId),
}

/// A trace found by a search.
#[derive(Debug)]
pub struct Hit {
    /// The trace id.
    pub id: TraceId,
    /// The trace; `None` if much had been found already, in which case it is loaded when it is
    /// needed.
    pub(super) trace: Option<Trace>,
}

impl Hit {
    /// A trace to be loaded later, by its id.
    pub fn id_of(trace: &Trace) -> Self {
        Self {
            id: trace.id,
            trace: None,
        }
    }
}

/// The bytes of traces that a search keeps.
const MAX_KEPT: usize = 2 * 1024 * 1024;

/// Finds the first matching traces.
pub(super) fn run(
    reader: &Reader,
    search: &Search,
    patience: &Patience,
) -> Result<Vec<Hit>, SearchError> {
    let mut running = Running::new(reader, search, patience);
    running.begin();
    let order = search.traces.as_ref().map(|query| query.order);
    match order.unwrap_or_default() {
        Order::Newest => newest(running),
        _ => ranked(running),
    }
}

/// Finds the newest traces; the search ends when there are enough.
fn newest(mut running: Running<'_>) -> Result<Vec<Hit>, SearchError> {
    let mut found = Vec::new();
    while found.len() < running.search.limit
        && let Some(step) = running.steps.pop()
    {
        running.patience.check()?;
        found.extend(running.follow(&step.stage)?);
    }
    Ok(found)
}

/// The number of traces that a search loads to see if they match.
#[cfg(test)]
pub(super) fn loaded(reader: &Reader, search: &Search) -> Result<usize, SearchError> {
    let patience = Patience::new(|| false);
    let mut running = Running::new(reader, search, &patience);
    running.begin();
    let mut loaded = 0;
    while let Some(step) = running.steps.pop() {
        loaded += usize::from(matches!(step.stage, Stage::Candidate(_)));
        running.follow(&step.stage)?;
    }
    Ok(loaded)
}

/// The traces of the highest ranks: each that the columns of its frame do not rank is looked at, and none
/// is kept.
fn ranked(mut running: Running<'_>) -> Result<Vec<Hit>, SearchError> {
    let mut candidates = Vec::new();
    while let Some(step) = running.steps.pop() {
        running.patience.check()?;
        match step.stage {
            Stage::Candidate(id) => candidates.push(id),
            stage => {
                running.follow(&stage)?;
            }
        }
    }
    running.rank(candidates)?;
    let hits = running.best.into_ids().map(|id| Hit { id, trace: None });
    Ok(hits.collect())
}

/// The traces with a matching span in this group. Most spans are skipped without decoding.
fn matching_traces(
    search: &Search,
    group: &SpanGroup<'_>,
    patience: &Patience,
) -> Result<Vec<TraceId>, SearchError> {
    let mut matching = Vec::new();
    if !search.may_match_group(group) {
        return Ok(matching);
    }
    let matches = |message| {
        let outline = Outline::read(message)?;
        let span = (search.may_match(&outline)).then(|| group.decode(message));
        search.matches(&span?.ok()?).then_some(outline.trace_id)
    };
    for message in &group.messages {
        if message.len() > LONG {
            patience.check()?;
        }
        matching.extend(matches(message));
    }
    Ok(matching)
}

/// The size in bytes from which matching a span may take long.
const LONG: usize = 4096;

/// The latest possible start of these traces, as far as a frame knows.
fn trace_starts(
    spans: &[Option<SpanStart>],
    traces: &HashSet<TraceId>,
) -> HashMap<TraceId, UnixNanos> {
    let mut starts = HashMap::new();
    for span in spans.iter().flatten() {
        if traces.contains(&span.trace_id) {
            let start = starts.entry(span.trace_id).or_insert(span.start);
            *start = span.start.min(*start);
        }
    }
    starts
}

struct Running<'r> {
    reader: &'r Reader,
    search: &'r Search,
    patience: &'r Patience,
    looker: Looker<'r>,
    /// The memory for the columns of a frame.
    held: Held,
    heads: KnownHeads,
    /// Computed when it is first needed.
    split: OnceCell<Arc<SplitTraces>>,
    steps: BinaryHeap<SearchStep>,
    seen: HashSet<TraceId>,
    frames: KeptFrames,
    /// The number of candidates that are loaded together.
    together: usize,
    /// Those that come first in another order than that of their starts.
    best: Best,
    /// Loaded traces that are not on top of the heap yet.
    kept: HashMap<TraceId, Trace>,
    /// The bytes of all kept traces.
    kept_bytes: usize,
}

impl<'r> Running<'r> {
    fn new(reader: &'r Reader, search: &'r Search, patience: &'r Patience) -> Self {
        Self {
            reader,
            search,
            patience,
            looker: reader.looker(),
            held: Held::default(),
            heads: KnownHeads::default(),
            split: OnceCell::new(),
            steps: BinaryHeap::new(),
            seen: HashSet::new(),
            frames: KeptFrames::default(),
            together: search.limit,
            best: Best::new(search.limit),
            kept: HashMap::new(),
            kept_bytes: 0,
        }
    }

    fn begin(&mut self) {
        if self.search.is_never() {
            return;
        }
        for block in self.reader.blocks() {
            self.add(block.first..=block.last, block.newest, Stage::Block(block));
        }
    }

    /// Adds a step for spans that start in this range, unless none of them can match. The newest of
    /// their traces begins at `newest`.
    fn add(&mut self, spans: RangeInclusive<UnixNanos>, newest: UnixNanos, stage: Stage) {
        if *spans.end() >= self.search.from && *spans.start() <= self.search.to {
            let latest = newest.min(self.search.to);
            self.steps.push(SearchStep { latest, stage });
        }
    }

    /// Follows a step of this stage; returns the trace if the step has reached one.
    fn follow(&mut self, stage: &Stage) -> Result<Option<Hit>, SearchError> {
        match *stage {
            Stage::Block(block) => {
                for frame in self.reader.frames_of_block(block) {
                    self.add(frame.first..=frame.last, frame.newest, Stage::Frame(frame));
                }
            }
            Stage::Frame(frame) => self.open(frame)?,
            Stage::Candidate(id) => self.load(id)?,
            Stage::Found(id) => {
                let trace = self.kept.remove(&id);
                return Ok(Some(Hit { id, trace }));
            }
        }
        Ok(None)
    }

    /// Searches a frame for matching spans.
    fn open(&mut self, frame: Frame) -> Result<(), SearchError> {
        let (reader, search, patience) = (self.reader, self.search, self.patience);
        let split = || self.split.get_or_init(|| reader.split_traces());
        if let Some(query) = &search.traces
            && query.is_longer_than(frame.end.0.saturating_sub(frame.first.0))
            && split().are_whole(frame)
        {
            return Ok(());
        }
        let is_whole = |id| split().is_whole(id);
        weigh(frame, &mut self.held)?;
        let heads = &mut self.heads;
        let times = frame.first..=frame.last;
        let found = self.looker.look_into(frame, |group| {
            candidates(group, &times, search, &is_whole, patience, heads)
        })?;
        patience.check()?;
        match found {
            Some(found) => self.follow_candidates(frame, &found),
            None if reader.has_columns(frame) => Ok(()),
            None => self.open_rows(frame),
        }
    }

    fn follow_candidates(&mut self, frame: Frame, found: &Candidates) -> Result<(), SearchError> {
        let mut ids = HashSet::new();
        if let Some(data) = &found.data {
            let (groups, _held) = weighed_groups(self.reader, frame, data)?;
            for group in &groups {
                ids.extend(matching_traces(self.search, group, self.patience)?);
            }
        }
        for trace in &found.ranked {
            if self.seen.insert(trace.id) {
                self.best.add(*trace);
            }
        }
        for (id, latest) in &found.starts {
            let may_match = found.data.is_none() || ids.contains(id);
            if may_match && self.seen.insert(*id) {
                self.steps.push(SearchStep {
                    latest: *latest,
                    stage: Stage::Candidate(*id),
                });
            }
        }
        Ok(())
    }

    fn open_rows(&mut self, frame: Frame) -> Result<(), SearchError> {
        let open = self.frames.get(self.reader, frame)?;
        let (groups, _held) = weighed_groups(self.reader, frame, &open.bytes)?;
        let mut found = HashSet::new();
        for group in &groups {
            found.extend(matching_traces(self.search, group, self.patience)?);
        }
        found.retain(|id| self.seen.insert(*id));
        if found.is_empty() {
            return Ok(());
        }
        let messages = groups.iter().flat_map(|group| &group.messages);
        let spans = open.spans(messages.copied());
        for (id, latest) in trace_starts(spans, &found) {
            self.steps.push(SearchStep {
                latest,
                stage: Stage::Candidate(id),
            });
        }
        Ok(())
    }

    /// Loads a candidate together with those that come next: as many as are wanted, and more and more as
    /// long as too few of them match.
    fn load(&mut self, id: TraceId) -> Result<(), SearchError> {
        let mut ids = vec![id];
        while ids.len() < self.together
            && let Some(next) = self.steps.peek()
            && let Stage::Candidate(id) = next.stage
        {
            ids.push(id);
            self.steps.pop();
        }
        self.together = self.together.saturating_mul(2);
        // The columns are not in memory any more.
        self.held = Held::default();
        let patience = self.patience;
        let mut loading = Loading::new(self.reader, ids);
        while let Some(traces) = loading.next(self.frames.open(), || patience.check())? {
            for trace in traces {
                if self.is_wanted(&trace)? {
                    self.keep(trace);
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, trace: Trace) {
        let id = trace.id;
        self.steps.push(SearchStep {
            latest: trace.start,
            stage: Stage::Found(id),
        });
        if self.kept_bytes + trace.size() <= MAX_KEPT {
            self.kept_bytes += trace.size();
            self.kept.insert(id, trace);
        }
    }

    /// Adds those of these traces that match to the best ones.
    fn rank(&mut self, ids: Vec<TraceId>) -> Result<(), SearchError> {
        let (patience, Some(query)) = (self.patience, &self.search.traces) else {
            return Ok(());
        };
        let mut loading = Loading::new(self.reader, ids);
        while let Some(traces) = loading.next(self.frames.open(), || patience.check())? {
            for trace in traces {
                let spans = trace.spans()?;
                if query.matches(&spans, patience)? {
                    let rank = query.order.rank(query, &spans, patience)?;
                    let (start, id) = (trace.start, trace.id);
                    self.best.add(Ranked { rank, start, id });
                }
            }
        }
        Ok(())
    }

    /// Returns true if the trace satisfies the conditions on traces; one of its spans satisfies the
    /// others.
    fn is_wanted(&self, trace: &Trace) -> Result<bool, SearchError> {
        let Some(query) = &self.search.traces else {
            return Ok(true);
        };
        query.matches(&trace.spans()?, self.patience)
    }
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
    for hit in run(reader, search, patience)? {
        let trace = match hit.trace {
            Some(trace) => Some(trace),
            None => load(reader, hit.id)?,
        };
        if let Some(trace) = trace {
            take(trace);
        }
    }
    Ok(())
}
