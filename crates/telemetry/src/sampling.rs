//! Counts what the sampler decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// How many spans were started, and how many of them are exported. A clone counts into the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampling(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    started: AtomicU64,
    sampled: AtomicU64,
}

/// A sampler that counts its decisions.
#[derive(Clone, Debug)]
pub(crate) struct CountingSampler {
    sampler: Sampler,
    sampling: Sampling,
}

impl Sampling {
    pub(crate) fn sampler(&self, sampler: Sampler) -> CountingSampler {
        CountingSampler {
            sampler,
            sampling: self.clone(),
        }
    }

    /// What to say of spans that were not sampled, if there were any.
    pub(crate) fn report(&self) -> Option<String> {
        let started = self.0.started.load(Ordering::Relaxed);
        let sampled = self.0.sampled.load(Ordering::Relaxed);
        let dropped = started.saturating_sub(sampled);
        (dropped > 0).then(|| format!("telemetry: {dropped} of {started} spans were not sampled"))
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
        self.sampling.0.started.fetch_add(1, Ordering::Relaxed);
        if result.decision == SamplingDecision::RecordAndSample {
            self.sampling.0.sampled.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}
