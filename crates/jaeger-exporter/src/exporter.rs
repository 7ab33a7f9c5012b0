//! The exporter that the SDK calls, for all transports.

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
/// Made by [`http`](Self::http), [`grpc`](Self::grpc) or [`udp`](Self::udp), and passed to the
/// SDK's `with_batch_exporter`.
#[derive(Debug)]
pub struct SpanExporter {
    endpoint: String,
    transport: Box<dyn Transport>,
    encoder: Encoder,
    stats: Stats,
    losses: Mutex<Losses>,
    shut_down: AtomicBool,
}

/// The spans lost since the last report.
#[derive(Debug, Default)]
struct Losses {
    spans: u64,
    cause: String,
}

/// There is one constructor for each transport.
impl SpanExporter {
    /// Thrift over HTTP, by default to `http://localhost:14268/api/traces`.
    #[cfg(feature = "http")]
    pub fn http() -> crate::HttpBuilder {
        crate::HttpBuilder::new(Env::process())
    }

    /// gRPC, by default to `http://localhost:14250`.
    #[cfg(feature = "grpc")]
    pub fn grpc() -> crate::GrpcBuilder {
        crate::GrpcBuilder::new(Env::process())
    }

    /// Thrift over UDP, by default to an agent on `localhost`.
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

    /// The address that spans are sent to: a URL, or `udp://host:port`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The counts of exported and lost spans. They can still be read after the SDK has taken the
    /// exporter.
    pub fn stats(&self) -> Stats {
        self.stats.clone()
    }

    /// Counts the outcome of a batch of `spans` spans, and turns a loss into the SDK's error.
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

    /// Reports losses that have not been reported before.
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

    /// Closes connections and stops threads, and reports spans lost since the last `force_flush`.
    // Overridden in place of `shutdown`, which calls it: the SDK's processors call either of the
    // two.
    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if self.shut_down.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        self.transport.close();
        self.report_losses()
    }

    /// Reports spans lost since the last call. There is nothing to flush, since an export returns
    /// only when it is done.
    fn force_flush(&self) -> OTelSdkResult {
        self.report_losses()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.encoder.process = mapping::process(resource);
    }
}
