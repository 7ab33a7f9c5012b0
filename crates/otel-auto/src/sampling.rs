//! Counts the decisions of a sampler.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// A sampler that counts the spans started and the spans exported. Clones share the counts.
#[derive(Clone, Debug)]
pub(crate) struct CountingSampler {
    sampler: Sampler,
    /// The decision for a span without a parent.
    root: Foresight,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sampled: AtomicU64,
    dropped: AtomicU64,
}

/// The decision of a sampler before the trace id is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foresight {
    Sampled,
    Dropped,
    /// It depends on the id.
    Open,
}

/// The environment's samplers look only at the parent and at the id, and sample all ids below a
/// bound. So the decisions for the smallest and the greatest id show if the id matters.
fn root(sampler: &Sampler) -> Foresight {
    let sampled = |id: u128| {
        let id = TraceId::from(id);
        let result = sampler.should_sample(None, id, "", &SpanKind::Server, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    };
    match (sampled(1), sampled(u128::MAX)) {
        (true, true) => Foresight::Sampled,
        (false, false) => Foresight::Dropped,
        _ => Foresight::Open,
    }
}

impl CountingSampler {
    pub(crate) fn new(sampler: Sampler) -> Self {
        Self {
            root: root(&sampler),
            sampler,
            counts: Arc::default(),
        }
    }

    /// The report's line on spans that were not sampled; `None` if there are none.
    pub(crate) fn report(&self) -> Option<String> {
        let dropped = self.counts.dropped.load(Ordering::Relaxed);
        let all = dropped + self.counts.sampled.load(Ordering::Relaxed);
        (dropped > 0).then(|| format!("otel-auto: {dropped} of {all} spans were not sampled"))
    }

    /// Decides on a span under `parent`, if that is possible without an id. A span dropped here is
    /// counted here, since the SDK never sees it.
    pub(crate) fn foresee(&self, parent: &Context) -> Foresight {
        let by_parent = matches!(self.sampler, Sampler::ParentBased(_)) && parent.has_active_span();
        let foresight = match by_parent {
            true if parent.span().span_context().is_sampled() => Foresight::Sampled,
            true => Foresight::Dropped,
            false => self.root,
        };
        if foresight == Foresight::Dropped {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        foresight
    }
}

impl ShouldSample for CountingSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let result = self
            .sampler
            .should_sample(parent, trace_id, name, kind, attributes, links);
        let counter = match result.decision {
            SamplingDecision::RecordAndSample => &self.counts.sampled,
            SamplingDecision::RecordOnly | SamplingDecision::Drop => &self.counts.dropped,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        result
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};
    use proptest::prelude::*;

    use super::*;

    fn under_a_parent(sampled: bool) -> Context {
        Context::new().with_remote_span_context(SpanContext::new(
            TraceId::from(7),
            SpanId::from(7),
            TraceFlags::default().with_sampled(sampled),
            true,
            TraceState::default(),
        ))
    }

    fn parent_based(root: Sampler) -> Sampler {
        Sampler::ParentBased(Box::new(root))
    }

    #[test]
    fn only_the_id_leaves_it_open() {
        use Foresight::{Dropped, Open, Sampled};
        use Sampler::{AlwaysOff, AlwaysOn, TraceIdRatioBased};
        let cases = [
            (AlwaysOn, [Sampled; 3]),
            (AlwaysOff, [Dropped; 3]),
            (TraceIdRatioBased(0.5), [Open; 3]),
            (TraceIdRatioBased(1.0), [Sampled; 3]),
            (TraceIdRatioBased(0.0), [Dropped; 3]),
            (parent_based(AlwaysOn), [Sampled, Sampled, Dropped]),
            (parent_based(AlwaysOff), [Dropped, Sampled, Dropped]),
            (
                parent_based(TraceIdRatioBased(0.1)),
                [Open, Sampled, Dropped],
            ),
        ];
        for (sampler, expected) in cases {
            let counting = CountingSampler::new(sampler);
            let parents = [Context::new(), under_a_parent(true), under_a_parent(false)];
            let foreseen = parents.map(|parent| counting.foresee(&parent));
            assert_eq!(foreseen, expected, "{counting:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_foreseen_is_what_the_sampler_decides(
            ratio in prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0],
            based: bool,
            parent in prop_oneof![Just(None), any::<bool>().prop_map(Some)],
            id in 1..=u128::MAX,
        ) {
            let sampler = Sampler::TraceIdRatioBased(ratio);
            let sampler = if based { parent_based(sampler) } else { sampler };
            let sampler = CountingSampler::new(sampler);
            let parent = parent.map_or_else(Context::new, under_a_parent);
            let result = sampler.should_sample(
                Some(&parent), TraceId::from(id), "", &SpanKind::Server, &[], &[],
            );
            let sampled = result.decision == SamplingDecision::RecordAndSample;
            match sampler.foresee(&parent) {
                Foresight::Sampled => prop_assert!(sampled),
                Foresight::Dropped => prop_assert!(!sampled),
                Foresight::Open => {}
            }
        }
    }
}
