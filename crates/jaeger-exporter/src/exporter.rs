//! The exporter that the SDK calls, whatever the transport.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

use crate::env::Env;
use crate::mapping::{self, Mapping};
use crate::transport::{Batch, Delivery, Transport};
use crate::{Encoder, Stats};

/// Exports spans over one of Jaeger's native protocols.
///
/// Made by [`http`](Self::http), [`grpc`](Self::grpc) or [`udp`](Self::udp), and given to the SDK's
/// `with_batch_exporter`.
#[derive(Debug)]
pub struct SpanExporter {
    endpoint: String,
    transport: Box<dyn Transport>,
    encoder: Encoder,
    stats: Stats,
    losses: Mutex<Losses>,
    shut_down: AtomicBool,
}

/// Spans lost since somebody last asked.
#[derive(Debug, Default)]
struct Losses {
    spans: u64,
    cause: String,
}

/// One function for each transport.
impl SpanExporter {
    /// Thrift over HTTP, to `http://localhost:14268/api/traces` unless told otherwise.
    #[cfg(feature = "http")]
    pub fn http() -> crate::HttpBuilder {
        crate::HttpBuilder::new(Env::process())
    }

    /// gRPC, to `http://localhost:14250` unless told otherwise.
    #[cfg(feature = "grpc")]
    pub fn grpc() -> crate::GrpcBuilder {
        crate::GrpcBuilder::new(Env::process())
    }

    /// Thrift over UDP, to an agent on `localhost` unless told otherwise.
    #[cfg(feature = "udp")]
    pub fn udp() -> crate::UdpBuilder {
        crate::UdpBuilder::new(Env::process())
    }
}

impl SpanExporter {
    pub(crate) fn new(endpoint: String, mapping: Mapping, transport: Box<dyn Transport>) -> Self {
        Self {
            endpoint,
            transport,
            encoder: Encoder::unknown(mapping),
            stats: Stats::default(),
            losses: Mutex::default(),
            shut_down: AtomicBool::new(false),
        }
    }

    /// Where spans are sent: a URL, or `udp://host:port`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The counts of what became of the spans, which stay readable after the SDK owns the exporter.
    pub fn stats(&self) -> Stats {
        self.stats.clone()
    }

    /// Counts what became of a batch of `spans` spans, and turns a loss into the SDK's error.
    fn settle(&self, spans: u64, delivery: &Delivery) -> OTelSdkResult {
        self.stats.add(delivery);
        let Some(error) = &delivery.error else {
            return Ok(());
        };
        let lost = delivery.failed + delivery.dropped;
        let cause = format!(
            "{lost} of {spans} spans not delivered to {}: {error}",
            self.endpoint
        );
        let mut losses = self.losses();
        losses.spans += lost;
        losses.cause.clone_from(&cause);
        Err(OTelSdkError::InternalFailure(cause))
    }

    /// Reports the losses that no call of this function has reported before.
    fn report_losses(&self) -> OTelSdkResult {
        let losses = std::mem::take(&mut *self.losses());
        if losses.spans == 0 {
            return Ok(());
        }
        let Losses { spans, cause } = losses;
        Err(OTelSdkError::InternalFailure(format!(
            "{spans} spans were lost; the last: {cause}"
        )))
    }

    fn losses(&self) -> std::sync::MutexGuard<'_, Losses> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl opentelemetry_sdk::trace::SpanExporter for SpanExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        if self.shut_down.load(Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            encoder: &self.encoder,
            spans: batch,
        };
        let spans = batch.len();
        let delivery = self.transport.send(batch).await;
        self.settle(spans, &delivery)
    }

    /// Lets go of connections and threads, and reports spans lost since the last `force_flush`.
    // Overridden rather than `shutdown`, which ends up here: the SDK's processors call either.
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if self.shut_down.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        self.transport.close();
        self.report_losses()
    }

    /// Reports spans lost since the last call: an export returns only when it is done, so that
    /// nothing is ever waiting here.
    fn force_flush(&self) -> OTelSdkResult {
        self.report_losses()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.encoder.process = mapping::process(resource);
    }
}
