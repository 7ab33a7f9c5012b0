//! The calls between services.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::columns::{calls, weigh};
use super::patience::{Patience, SearchError};
use super::trace::{Frames, hold, load};
use crate::format::otlp::{decode_traces, groups};
use crate::model::{Span, SpanId, TraceId, UnixNanos};
use crate::store::{Frame, ReadError, Reader, SplitTraces};

/// A caller and a callee.
pub type Edge = (String, String);

/// The number of calls between each two services in the traces that lie between `from` and `to`. Calls
/// within a service are left out, as Jaeger leaves them out.
///
/// A call is a span whose parent is in the same trace. Goes through the store frame by frame; only the
/// traces of which several frames hold spans are put together.
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
        counts: BTreeMap::new(),
    };
    let mut rest = HashSet::new();
    let mut looker = reader.looker();
    for block in reader.blocks() {
        for frame in reader.frames_with(block, &[])? {
            if frame.last <= from || frame.first >= to {
                continue;
            }
            patience.check()?;
            let held = weigh(frame)?;
            let (within, split) = (&counting.within, &counting.split);
            let is_whole = |id| split.is_whole(id);
            let found = looker.look_into(frame, |group| calls(group, within, is_whole))?;
            drop(held);
            match found.flatten() {
                Some(calls) => {
                    counting.add_counts(&calls.services, &calls.counts);
                    rest.extend(calls.rest);
                }
                None => rest.extend(counting.add_rows(frame)?),
            }
        }
    }
    for id in rest {
        patience.check()?;
        counting.add_whole(id)?;
    }
    Ok(counting.counts)
}

struct Counting<'r> {
    reader: &'r Reader,
    /// Traces that begin behind the first and end before the second of these times count.
    within: Range<u64>,
    split: SplitTraces,
    counts: BTreeMap<Edge, u64>,
}

/// The parts of a span that matter for calls.
struct Node {
    id: SpanId,
    parent: Option<SpanId>,
    service: usize,
    start: UnixNanos,
    end: UnixNanos,
}

/// The services that spans name.
#[derive(Default)]
struct Services {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Counting<'_> {
    /// Adds the calls in a frame of rows; returns the traces of which it does not hold all spans.
    fn add_rows(&mut self, frame: Frame) -> Result<Vec<TraceId>, ReadError> {
        let bytes = self.reader.open(frame)?;
        let damaged = |reason| self.reader.damaged(frame, reason);
        let _held = hold(&groups(&bytes).map_err(damaged)?)?;
        let mut services = Services::default();
        let mut traces: HashMap<TraceId, Vec<Node>> = HashMap::new();
        for incoming in decode_traces(&bytes).map_err(damaged)?.flatten() {
            let trace = traces.entry(incoming.span.trace_id).or_default();
            trace.push(services.node(&incoming.span));
        }
        let mut rest = Vec::new();
        for (id, trace) in traces {
            if self.split.is_whole(id) {
                self.add(&trace, &services.names);
            } else {
                rest.push(id);
            }
        }
        Ok(rest)
    }

    /// Adds the calls in a trace that is put together first.
    fn add_whole(&mut self, id: TraceId) -> Result<(), ReadError> {
        let Some(trace) = load(self.reader, &mut Frames::default(), id)? else {
            return Ok(());
        };
        let mut services = Services::default();
        // It has been read once already, or it would not be known by its id.
        let spans = trace.iter_as(false, None).into_iter().flatten();
        let nodes: Vec<_> = spans.map(|span| services.node(&span)).collect();
        self.add(&nodes, &services.names);
        Ok(())
    }

    fn add(&mut self, trace: &[Node], services: &[String]) {
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
                self.add_calls(services.get(*caller), services.get(node.service), 1);
            }
        }
    }

    /// Adds calls between services that are given by their numbers.
    fn add_counts(&mut self, services: &[String], counts: &[((u32, u32), u64)]) {
        let name = |number: u32| services.get(number as usize);
        for ((caller, callee), count) in counts {
            self.add_calls(name(*caller), name(*callee), *count);
        }
    }

    fn add_calls(&mut self, caller: Option<&String>, callee: Option<&String>, count: u64) {
        if let (Some(caller), Some(callee)) = (caller, callee) {
            let edge = (caller.clone(), callee.clone());
            *self.counts.entry(edge).or_default() += count;
        }
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

    fn number(&mut self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.numbers.insert(name.to_owned(), self.names.len() - 1);
            self.names.len() - 1
        })
    }
}
