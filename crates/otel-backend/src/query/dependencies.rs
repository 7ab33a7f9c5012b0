//! The calls between services.

use std::collections::{BTreeMap, HashMap};

use super::columns::{self, Node};
use super::patience::{Patience, SearchError};
use super::trace::{Frames, hold, load};
use crate::format::otlp::{decode_traces, groups};
use crate::model::{Span, TraceId, UnixNanos};
use crate::store::{Block, ReadError, Reader};

/// A caller and a callee.
pub type Edge = (String, String);

/// The number of calls between each two services in the traces that lie between `from` and `to`. Calls
/// within a service are left out, as Jaeger leaves them out.
///
/// A call is a span whose parent is in the same trace. Goes through the store block by block, so
/// that its memory does not grow with the number of spans.
pub(super) fn count(
    reader: &Reader,
    from: UnixNanos,
    to: UnixNanos,
    patience: &Patience,
) -> Result<BTreeMap<Edge, u64>, SearchError> {
    let mut calls = Calls {
        from,
        to,
        counts: BTreeMap::new(),
    };
    for block in reader.blocks() {
        if block.last > from && block.first < to {
            patience.check()?;
            count_block(reader, block, &mut calls)?;
        }
    }
    Ok(calls.counts)
}

struct Calls {
    from: UnixNanos,
    to: UnixNanos,
    counts: BTreeMap<Edge, u64>,
}

/// The spans of one block, by trace, and the services that they name.
#[derive(Default)]
struct Nodes {
    traces: HashMap<TraceId, Vec<Node>>,
    services: Vec<String>,
    numbers: HashMap<String, usize>,
}

#[expect(
    clippy::redundant_closure,
    reason = "the function is not as general as the closure"
)]
fn count_block(reader: &Reader, block: Block, calls: &mut Calls) -> Result<(), ReadError> {
    let mut nodes = Nodes::default();
    for frame in reader.frames_with(block, &[])? {
        if let Some(Some((services, found))) =
            reader.look_into(frame, |group| columns::nodes(group))?
        {
            nodes.add_columns(&services, found);
            continue;
        }
        let bytes = reader.open(frame)?;
        let damaged = |reason| reader.damaged(frame, reason);
        let _held = hold(&groups(&bytes).map_err(damaged)?)?;
        let decoded = decode_traces(&bytes).map_err(damaged)?;
        for incoming in decoded.flatten() {
            nodes.add(&incoming.span);
        }
    }
    let traces = std::mem::take(&mut nodes.traces);
    for (id, trace) in traces {
        match reader.blocks_of_trace(id).next() {
            // The trace may lie in several blocks: the first of them counts it, whole.
            Some(first) if first != block => {}
            Some(_) if reader.blocks_of_trace(id).nth(1).is_some() => {
                let whole = load_nodes(reader, id, &mut nodes)?;
                calls.add(&whole, &nodes.services);
            }
            _ => calls.add(&trace, &nodes.services),
        }
    }
    Ok(())
}

fn load_nodes(reader: &Reader, id: TraceId, nodes: &mut Nodes) -> Result<Vec<Node>, ReadError> {
    let Some(trace) = load(reader, &mut Frames::default(), id)? else {
        return Ok(Vec::new());
    };
    // It has been decoded once already, or it would not be known by its id.
    let spans = trace.iter_as(false, None).into_iter().flatten();
    Ok(spans.map(|span| nodes.node(&span)).collect())
}

impl Nodes {
    fn add(&mut self, span: &Span<'_>) {
        let node = self.node(span);
        self.traces.entry(span.trace_id).or_default().push(node);
    }

    /// Adds spans whose services have these names.
    fn add_columns(&mut self, services: &[String], mut found: Vec<Node>) {
        let numbers: Vec<_> = services.iter().map(|name| self.service(name)).collect();
        for node in &mut found {
            node.service = numbers.get(node.service).copied().unwrap_or_default();
        }
        for trace in found.chunk_by(|a, b| a.trace_id == b.trace_id) {
            if let Some(first) = trace.first() {
                let nodes = self.traces.entry(first.trace_id).or_default();
                nodes.extend_from_slice(trace);
            }
        }
    }

    /// The number of a service.
    fn service(&mut self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_else(|| {
            self.services.push(name.to_owned());
            self.numbers
                .insert(name.to_owned(), self.services.len() - 1);
            self.services.len() - 1
        })
    }

    fn node(&mut self, span: &Span<'_>) -> Node {
        Node {
            trace_id: span.trace_id,
            id: span.span_id,
            parent: span.parent,
            service: self.service(span.resource.service_name()),
            start: span.start,
            end: span.end,
        }
    }
}

impl Calls {
    fn add(&mut self, trace: &[Node], services: &[String]) {
        let start = trace.iter().map(|node| node.start).min();
        let end = trace.iter().map(|node| node.end).max();
        if start.is_none_or(|start| start <= self.from) || end.is_none_or(|end| end >= self.to) {
            return;
        }
        let by_id: HashMap<_, _> = trace.iter().map(|node| (node.id, node.service)).collect();
        for node in trace {
            let caller = node.parent.and_then(|parent| by_id.get(&parent));
            let caller = caller.and_then(|number| services.get(*number));
            if let (Some(caller), Some(callee)) = (caller, services.get(node.service))
                && caller != callee
            {
                let edge = (caller.clone(), callee.clone());
                *self.counts.entry(edge).or_default() += 1;
            }
        }
    }
}
