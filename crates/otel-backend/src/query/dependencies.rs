//! The calls between services.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::columns::{KnownHeads, calls, weigh};
use super::memory::Held;
use super::patience::{Patience, SearchError};
use super::services::Services;
use super::trace::{Loading, OpenFrames, Trace, hold};
use crate::format::otlp::{decode_traces, groups};
use crate::model::{Span, SpanId, TraceId, UnixNanos};
use crate::store::{Block, BlockCalls, Frame, ReadError, Reader, SplitTraces};

/// A caller and a callee.
pub type Edge = (String, String);

/// Counts the calls between each pair of services in the traces between `from` and `to`. As in
/// Jaeger, calls within a service are left out.
///
/// A call is a span whose parent is in the same trace. Most frames were counted when they were written;
/// of the others, the columns are read. Only traces with spans in several frames are loaded as a whole.
pub(super) fn count(
    reader: &Reader,
    from: UnixNanos,
    to: UnixNanos,
    patience: &Patience,
) -> Result<BTreeMap<Edge, u64>, SearchError> {
    let mut counting = Counting {
        reader,
        within: from.0..to.0,
        split: reader.split_traces(),
        services: Services::default(),
        counts: HashMap::new(),
    };
    let mut rest = Vec::new();
    let mut looker = reader.looker();
    let mut heads = KnownHeads::default();
    let mut held = Held::default();
    for block in reader.blocks() {
        if block.last <= from || block.first >= to {
            continue;
        }
        patience.check()?;
        let counted = Counted::read(reader, block, &mut counting.services)?;
        for frame in reader.frames_of_block(block) {
            if frame.last <= from || frame.first >= to {
                continue;
            }
            if from < frame.first
                && frame.end < to
                && counting.split.are_whole(frame)
                && let Some(counted) = &counted
                && counted.add(frame, &mut counting.counts)
            {
                continue;
            }
            patience.check()?;
            weigh(frame, &mut held)?;
            let (within, split) = (&counting.within, &counting.split);
            let services = &mut counting.services;
            let is_whole = |id| split.is_whole(id);
            let found = looker.look_into(frame, |group| {
                let times = frame.first..=frame.last;
                calls(group, times, within, is_whole, &mut heads, services)
            })?;
            match found.flatten() {
                Some(calls) => {
                    for (pair, count) in calls.counts {
                        *counting.counts.entry(pair).or_default() += count;
                    }
                    rest.extend(calls.rest);
                }
                None => rest.extend(counting.add_rows(frame)?),
            }
        }
    }
    drop(held);
    let mut loading = Loading::new(reader, rest);
    while let Some(traces) = loading.next(&OpenFrames::new(), || patience.check())? {
        for trace in &traces {
            counting.add_whole(trace);
        }
    }
    Ok(counting.edges())
}

/// The calls that were counted when a block was written.
struct Counted {
    calls: BlockCalls,
    /// The number of each of its services.
    services: Vec<usize>,
}

impl Counted {
    fn read(
        reader: &Reader,
        block: Block,
        services: &mut Services,
    ) -> Result<Option<Self>, ReadError> {
        Ok(reader.calls(block)?.map(|calls| Self {
            services: (calls.services.iter())
                .map(|name| services.number(name))
                .collect(),
            calls,
        }))
    }

    /// Adds the calls in a frame; returns false if they were not counted.
    fn add(&self, frame: Frame, counts: &mut HashMap<(usize, usize), u64>) -> bool {
        let Some(calls) = self.calls.of(frame) else {
            return false;
        };
        for call in calls {
            let service = |number: usize| self.services.get(number).copied();
            if let Some(pair) = service(call.caller).zip(service(call.callee)) {
                let sum = counts.entry(pair).or_default();
                *sum = sum.saturating_add(call.count);
            }
        }
        true
    }
}

struct Counting<'r> {
    reader: &'r Reader,
    /// The time range of the traces that count.
    within: Range<u64>,
    split: Arc<SplitTraces>,
    services: Services,
    /// The number of calls from one service to another, by the numbers of both.
    counts: HashMap<(usize, usize), u64>,
}

/// The parts of a span that are needed for calls.
struct Node {
    id: SpanId,
    parent: Option<SpanId>,
    service: usize,
    start: UnixNanos,
    end: UnixNanos,
}

impl Counting<'_> {
    /// Adds the calls in a frame of rows; returns the traces of which it does not hold all spans.
    fn add_rows(&mut self, frame: Frame) -> Result<Vec<TraceId>, ReadError> {
        let bytes = self.reader.open(frame)?;
        let damaged = |reason| self.reader.damaged(frame, reason);
        let _held = hold(&groups(&bytes).map_err(damaged)?)?;
        let mut traces: HashMap<TraceId, Vec<Node>> = HashMap::new();
        for incoming in decode_traces(&bytes).map_err(damaged)?.flatten() {
            let trace = traces.entry(incoming.span.trace_id).or_default();
            trace.push(self.services.node(&incoming.span));
        }
        let mut rest = Vec::new();
        for (id, trace) in traces {
            if self.split.is_whole(id) {
                self.add(&trace);
            } else {
                rest.push(id);
            }
        }
        Ok(rest)
    }

    /// Adds the calls in a trace.
    fn add_whole(&mut self, trace: &Trace) {
        // The trace has been read before, since its id is known.
        let spans = trace.iter_as(false, None).into_iter().flatten();
        let nodes: Vec<_> = spans.map(|span| self.services.node(&span)).collect();
        self.add(&nodes);
    }

    fn add(&mut self, trace: &[Node]) {
        let start = trace.iter().map(|node| node.start.0).min();
        let end = trace.iter().map(|node| node.end.0).max();
        let Range {
            start: from,
            end: to,
        } = self.within;
        if start.is_none_or(|start| start <= from) || end.is_none_or(|end| end >= to) {
            return;
        }
        let by_id: HashMap<_, _> = trace.iter().map(|node| (node.id, node.service)).collect();
        for node in trace {
            let caller = node.parent.and_then(|parent| by_id.get(&parent));
            if let Some(caller) = caller.filter(|caller| **caller != node.service) {
                *self.counts.entry((*caller, node.service)).or_default() += 1;
            }
        }
    }

    /// The calls, by the names of the services.
    fn edges(self) -> BTreeMap<Edge, u64> {
        let name = |number: usize| self.services.names.get(number).cloned();
        let counts = self.counts.iter();
        counts
            .filter_map(|((caller, callee), count)| {
                Some(((name(*caller)?, name(*callee)?), *count))
            })
            .collect()
    }
}

impl Services {
    fn node(&mut self, span: &Span<'_>) -> Node {
        Node {
            id: span.span_id,
            parent: span.parent,
            service: self.number(span.resource.service_name()),
            start: span.start,
            end: span.end,
        }
    }
}
