//! A batch processor of spans, as the specification describes it.
//!
//! Spans are collected in batches, and the exporting thread is given whole batches. The SDK's
//! processor passes each span through a channel, whose memory is that of all spans it could hold.
//!
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor>

mod queue;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use crate::config::Batch;
use crate::stderr::say;
use queue::{Queue, Waiting};

/// The time limit of a flush.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Collects sampled spans, and exports them on a thread of its own.
#[derive(Debug)]
pub(crate) struct BatchProcessor {
    queue: Arc<Queue>,
}

impl BatchProcessor {
    /// Starts the exporting thread. If that fails, all spans are lost, and that is said.
    pub(crate) fn new<E: SpanExporter + 'static>(exporter: E, limits: Batch) -> Self {
        let queue = Arc::new(Queue::new(limits));
        if let Err(error) = start(exporter, Arc::clone(&queue)) {
            say(&format!(
                "otel-auto: no spans are exported, since no thread can be started: {error}"
            ));
        }
        Self { queue }
    }
}

impl SpanProcessor for BatchProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.queue.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        let (done, answer) = mpsc::sync_channel(1);
        if !self.queue.flush(done) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        result(&answer, FLUSH_TIMEOUT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let (done, answer) = mpsc::sync_channel(1);
        if !self.queue.close(Some(done)) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        result(&answer, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.describe(resource.clone());
    }
}

/// Waits for the result of what the exporting thread was asked for.
fn result(answer: &mpsc::Receiver<OTelSdkResult>, timeout: Duration) -> OTelSdkResult {
    answer.recv_timeout(timeout).unwrap_or_else(|error| {
        Err(match error {
            RecvTimeoutError::Timeout => OTelSdkError::Timeout(timeout),
            RecvTimeoutError::Disconnected => {
                OTelSdkError::InternalFailure("the exporting thread has ended".to_owned())
            }
        })
    })
}

/// Ends the thread of a processor that was not shut down.
impl Drop for BatchProcessor {
    fn drop(&mut self) {
        self.queue.close(None);
    }
}

fn start<E: SpanExporter + 'static>(exporter: E, queue: Arc<Queue>) -> io::Result<()> {
    thread::Builder::new()
        .name("otel-auto-spans".to_owned())
        .spawn(move || run(exporter, &queue))?;
    Ok(())
}

/// Exports what the queue hands out, until it is closed.
fn run<E: SpanExporter>(mut exporter: E, queue: &Queue) {
    // The work of an exporter makes no spans.
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    loop {
        let work = queue.wait();
        if let Some(resource) = work.resource {
            exporter.set_resource(&resource);
        }
        let mut result = Ok(());
        for batch in (0..work.batches).map_while(|_| queue.pop()) {
            let exported = block_on(exporter.export(batch));
            result = result.and(exported);
        }
        if work.is_last {
            exporter.shutdown().ok();
        }
        answer(work.waiting, &result);
        if work.is_last {
            return;
        }
    }
}

/// Tells those who wait the result; it does not matter if one has stopped waiting.
fn answer(waiting: Vec<Waiting>, result: &OTelSdkResult) {
    for done in waiting {
        done.send(copy(result)).ok();
    }
}

/// The SDK's errors cannot be cloned.
fn copy(result: &OTelSdkResult) -> OTelSdkResult {
    match result {
        Ok(()) => Ok(()),
        Err(OTelSdkError::AlreadyShutdown) => Err(OTelSdkError::AlreadyShutdown),
        Err(OTelSdkError::Timeout(limit)) => Err(OTelSdkError::Timeout(*limit)),
        Err(OTelSdkError::InternalFailure(reason)) => {
            Err(OTelSdkError::InternalFailure(reason.clone()))
        }
    }
}

#[cfg(test)]
mod tests;
