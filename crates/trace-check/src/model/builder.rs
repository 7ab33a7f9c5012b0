//! Makes the spans of one trace, for the scenarios.

use std::sync::Arc;

use super::{
    Id, Kind, Plan, Random, Resource, Scenario, Scope, Span, SpanId, Trace, TraceId, attribute,
};

/// Makes the spans of one trace.
pub(super) struct Builder {
    pub(super) random: Random,
    pub(super) trace_id: TraceId,
    pub(super) resource: Arc<Resource>,
    pub(super) scope: Arc<Scope>,
    scenario: Scenario,
    at: u64,
    spans: Vec<Span>,
    deliveries: Vec<Vec<usize>>,
}

impl Builder {
    pub(super) fn new(plan: &Plan, lane: &str, scenario: Scenario) -> Self {
        let lane_word = lane
            .bytes()
            .fold(0, |word, byte| (word << 5) ^ u64::from(byte));
        let index = Scenario::all()
            .position(|s| s == scenario)
            .unwrap_or_default();
        let index = u64::try_from(index).unwrap_or_default();
        let mut random = Random::of(&[plan.seed, plan.at, lane_word, index]);
        let resource = Resource {
            attributes: vec![
                attribute("service.name", plan.service(lane)),
                attribute("check.zone", "north"),
            ],
            ..Resource::default()
        };
        let scope = Scope {
            name: "trace-check".to_owned(),
            version: "1.0".to_owned(),
            ..Scope::default()
        };
        Self {
            trace_id: random_id(&mut random),
            resource: Arc::new(resource),
            scope: Arc::new(scope),
            scenario,
            at: plan.at,
            random,
            spans: Vec::new(),
            deliveries: Vec::new(),
        }
    }

    /// A new, unique id.
    pub(super) fn span_id(&mut self) -> SpanId {
        random_id(&mut self.random)
    }

    /// A new, unique id.
    pub(super) fn other_trace_id(&mut self) -> TraceId {
        random_id(&mut self.random)
    }

    /// A plain span, a little later than the one before. The caller changes it and then pushes it.
    pub(super) fn span(&mut self, parent: Option<SpanId>) -> Span {
        let number = u64::try_from(self.spans.len()).unwrap_or_default();
        let start = self.at + number * 1_000 + self.random.below(1_000);
        Span {
            trace_id: self.trace_id,
            span_id: self.span_id(),
            parent,
            name: format!("{} {number}", self.scenario),
            kind: Kind::Internal,
            start,
            end: start + 1_000_000 + self.random.below(1_000_000),
            resource: Arc::clone(&self.resource),
            scope: Arc::clone(&self.scope),
            ..Span::default()
        }
    }

    /// Adds a span to the current delivery.
    pub(super) fn push(&mut self, span: Span) -> SpanId {
        let id = span.span_id;
        if self.deliveries.is_empty() {
            self.next_delivery();
        }
        if let Some(delivery) = self.deliveries.last_mut() {
            delivery.push(self.spans.len());
        }
        self.spans.push(span);
        id
    }

    /// Adds a plain span.
    pub(super) fn plain(&mut self, parent: Option<SpanId>) -> SpanId {
        let span = self.span(parent);
        self.push(span)
    }

    /// Starts the next delivery.
    pub(super) fn next_delivery(&mut self) {
        self.deliveries.push(Vec::new());
    }

    /// Delivers all spans so far once more.
    pub(super) fn repeat(&mut self) {
        self.deliveries.push((0..self.spans.len()).collect());
    }

    /// The start of the run.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn finish(self) -> Trace {
        Trace {
            name: self.scenario.to_string(),
            id: self.trace_id,
            spans: self.spans,
            deliveries: self.deliveries,
        }
    }
}

/// A random id. Its first byte is never zero, so that no id has leading zeros unless a scenario
/// wants them. Half of the ids have the top bit set.
fn random_id<const N: usize>(random: &mut Random) -> Id<N> {
    let mut id = Id([0; N]);
    for chunk in id.0.chunks_mut(8) {
        let word = random.number().to_be_bytes();
        chunk.copy_from_slice(word.get(..chunk.len()).unwrap_or_default());
    }
    if let Some(first) = id.0.first_mut() {
        *first |= 0x10;
    }
    id
}
