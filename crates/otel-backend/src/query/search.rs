//! The newest traces that match.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::predicate::Search;
use super::trace::{Frames, Trace, load};
use crate::model::{Span, TraceId, UnixNanos};
use crate::otlp::{decode_groups, groups};
use crate::store::{Block, Frame, ReadError, Reader};

/// Something that may lead to a trace, and when that trace can start at the latest.
///
/// The heap of these is a best-first search: what may be newest is looked at first, and a trace that
/// comes out on top is newer than all that could still be found.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lead {
    latest: UnixNanos,
    step: Step,
}

/// How far a lead has been followed. (In this order, so that of equals the furthest comes first.)
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Block(Block),
    Frame(Frame),
    Candidate(TraceId),
    Found(TraceId),
}

/// Finds the newest traces that match, newest first.
pub(super) fn run(reader: &Reader, search: &Search) -> Result<Vec<Trace>, ReadError> {
    let mut running = Running {
        reader,
        search,
        leads: BinaryHeap::new(),
        seen: HashSet::new(),
        frames: Frames::default(),
        loaded: Vec::new(),
    };
    running.begin();
    let mut found = Vec::new();
    while found.len() < search.limit
        && let Some(lead) = running.leads.pop()
    {
        found.extend(running.follow(&lead.step)?);
    }
    Ok(found)
}

/// When each trace starts, as far as these spans know; it cannot start later.
fn trace_starts(spans: &[Span<'_>]) -> HashMap<TraceId, UnixNanos> {
    let mut starts = HashMap::new();
    for span in spans {
        let start = starts.entry(span.trace_id).or_insert(span.start);
        *start = span.start.min(*start);
    }
    starts
}

struct Running<'r> {
    reader: &'r Reader,
    search: &'r Search,
    leads: BinaryHeap<Lead>,
    seen: HashSet<TraceId>,
    frames: Frames,
    /// Traces that have been loaded and are not on top yet.
    loaded: Vec<Trace>,
}

impl Running<'_> {
    fn begin(&mut self) {
        for block in self.reader.blocks() {
            self.add(block.first, block.last, Step::Block(block));
        }
    }

    /// Adds a lead whose spans start within these times, unless none of them can match.
    fn add(&mut self, first: UnixNanos, last: UnixNanos, step: Step) {
        if last >= self.search.from && first <= self.search.to {
            let latest = last.min(self.search.to);
            self.leads.push(Lead { latest, step });
        }
    }

    /// Goes one step on; returns the trace if there is none to go.
    fn follow(&mut self, step: &Step) -> Result<Option<Trace>, ReadError> {
        match *step {
            Step::Block(block) => {
                let clauses = self.search.clauses();
                for frame in self.reader.frames_with(block, &clauses)? {
                    self.add(frame.first, frame.last, Step::Frame(frame));
                }
            }
            Step::Frame(frame) => self.open(frame)?,
            Step::Candidate(id) => self.load(id)?,
            Step::Found(id) => return Ok(self.take(id)),
        }
        Ok(None)
    }

    fn open(&mut self, frame: Frame) -> Result<(), ReadError> {
        let bytes = self.frames.get(self.reader, frame)?;
        let damaged = |reason| self.reader.damaged(frame, reason);
        let spans = decode_groups(groups(&bytes).map_err(damaged)?).map_err(damaged)?;
        let spans: Vec<_> = spans.flatten().map(|incoming| incoming.span).collect();
        let starts = trace_starts(&spans);
        for span in spans.iter().filter(|span| self.search.matches(span)) {
            if self.seen.insert(span.trace_id) {
                self.leads.push(Lead {
                    latest: *starts.get(&span.trace_id).unwrap_or(&span.start),
                    step: Step::Candidate(span.trace_id),
                });
            }
        }
        Ok(())
    }

    fn load(&mut self, id: TraceId) -> Result<(), ReadError> {
        if let Some(trace) = load(self.reader, &mut self.frames, id)? {
            self.leads.push(Lead {
                latest: trace.start,
                step: Step::Found(id),
            });
            self.loaded.push(trace);
        }
        Ok(())
    }

    fn take(&mut self, id: TraceId) -> Option<Trace> {
        let index = self.loaded.iter().position(|trace| trace.id == id)?;
        Some(self.loaded.swap_remove(index))
    }
}
