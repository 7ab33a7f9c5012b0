//! What became of the spans.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::transport::Delivery;

/// Counts of spans, kept up to date by an exporter.
///
/// A clone is cheap and reads the same counts, so that a program can keep one after the exporter
/// went into the SDK. `exported + dropped + failed` is the number of spans the exporter was given.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    exported: AtomicU64,
    retried: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Stats {
    /// Spans that the backend acknowledged; over UDP, which has no answer, spans that were sent.
    pub fn exported(&self) -> u64 {
        self.counts.exported.load(Ordering::Relaxed)
    }

    /// Spans in requests that had to be repeated, once for each repetition.
    pub fn retried(&self) -> u64 {
        self.counts.retried.load(Ordering::Relaxed)
    }

    /// Spans left out because they do not fit into a datagram.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Spans that could not be delivered.
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, delivery: &Delivery) {
        let counts = &self.counts;
        counts
            .exported
            .fetch_add(delivery.exported, Ordering::Relaxed);
        counts
            .retried
            .fetch_add(delivery.retried, Ordering::Relaxed);
        counts
            .dropped
            .fetch_add(delivery.dropped, Ordering::Relaxed);
        counts.failed.fetch_add(delivery.failed, Ordering::Relaxed);
    }
}
