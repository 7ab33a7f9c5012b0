//! The counts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

/// The counts, shared by the processor, which sees spans end, and the exporter, which sees their
/// outcome.
#[derive(Debug, Default)]
pub(super) struct Counts {
    started: AtomicU64,
    ended: AtomicU64,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    /// The number of spans of the current export that the backend rejected, while it accepted the
    /// others.
    rejected: AtomicU64,
    closed: AtomicBool,
    timed_out: AtomicBool,
    error: Mutex<Option<String>>,
}

impl Counts {
    pub(super) fn start(&self) {
        self.started.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end(&self) {
        self.ended.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn reject(&self, count: u64, reason: String) {
        self.rejected.store(count, Ordering::Release);
        *self.lock_error() = Some(reason);
    }

    /// Counts an export of `count` spans and its result.
    pub(super) fn settle(&self, count: usize, result: &OTelSdkResult) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let failed = match result {
            Ok(()) => self.rejected.swap(0, Ordering::AcqRel).min(count),
            Err(error) => {
                *self.lock_error() = Some(reason(error));
                count
            }
        };
        self.failed.fetch_add(failed, Ordering::AcqRel);
        self.acknowledged
            .fetch_add(count - failed, Ordering::AcqRel);
    }

    /// Records the result of the processor's shutdown; returns an error also if something was lost.
    pub(super) fn close(&self, result: OTelSdkResult) -> OTelSdkResult {
        if matches!(result, Err(OTelSdkError::AlreadyShutdown)) {
            return result;
        }
        let timed_out = matches!(result, Err(OTelSdkError::Timeout(_)));
        self.timed_out.store(timed_out, Ordering::Release);
        self.closed.store(true, Ordering::Release);
        result?;
        match self.error() {
            Some(error) if self.failed() > 0 => Err(OTelSdkError::InternalFailure(error)),
            _ => Ok(()),
        }
    }

    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Acquire)
    }

    /// The number of failed spans and, after shutdown, of those never exported.
    pub(super) fn lost(&self) -> u64 {
        if self.is_closed() {
            self.ended().saturating_sub(self.acknowledged())
        } else {
            self.failed()
        }
    }

    /// The number of spans that had not ended at shutdown.
    pub(super) fn open(&self) -> u64 {
        let started = self.started.load(Ordering::Acquire);
        if self.is_closed() {
            started.saturating_sub(self.ended())
        } else {
            0
        }
    }

    pub(super) fn timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Acquire)
    }

    pub(super) fn error(&self) -> Option<String> {
        self.lock_error().clone()
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn lock_error(&self) -> MutexGuard<'_, Option<String>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The SDK puts "Operation failed: " before every message, which is not informative.
fn reason(error: &OTelSdkError) -> String {
    match error {
        OTelSdkError::InternalFailure(message) => message.clone(),
        other => other.to_string(),
    }
}
