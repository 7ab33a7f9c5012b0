//! Counts of exported and lost spans.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::transport::Delivery;

/// The counts of spans, updated by an exporter.
///
/// Clones are cheap and share the counts, so a program can keep one after passing the exporter to
/// the SDK. `exported + dropped + failed` is the number of spans that the exporter received.
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
    /// The spans that the backend acknowledged. UDP has no answer: there, the spans that were sent.
    pub fn exported(&self) -> u64 {
        self.counts.exported.load(Ordering::Relaxed)
    }

    /// The spans in retried requests, counted once for each retry.
    pub fn retried(&self) -> u64 {
        self.counts.retried.load(Ordering::Relaxed)
    }

    /// The spans dropped because they do not fit into a datagram.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// The spans that could not be delivered.
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
