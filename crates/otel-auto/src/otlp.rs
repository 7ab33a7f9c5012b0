//! OTLP exporters that work on any thread.

#[cfg(feature = "otlp-http")]
mod http;
mod plan;
mod rejections;
mod tls;
mod transport;

use std::time::Duration;

#[cfg(feature = "logs")]
use opentelemetry_otlp::LogExporter;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::error::OTelSdkResult;
#[cfg(feature = "logs")]
use opentelemetry_sdk::logs::LogBatch;
use opentelemetry_sdk::trace::SpanData;

use crate::config::{Otlp, Problem};
use crate::delivery::Delivery;

#[cfg(feature = "otlp-grpc")]
pub(crate) use rejections::listener;

use plan::Plan;
use transport::{Link, Transport};

/// The signal of an exporter.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Traces,
    #[cfg(feature = "logs")]
    Logs,
}

/// An exporter of the SDK that also counts rejections, which that one does not return.
#[derive(Debug)]
pub(crate) struct Linked<E> {
    exporter: E,
    link: Link,
}

/// Makes the exporter of spans for `settings`; each export takes at most `timeout`.
pub(crate) fn spans(
    settings: &Otlp,
    timeout: Duration,
    delivery: &Delivery,
) -> Result<Linked<SpanExporter>, Problem> {
    let plan = Plan::new(settings, timeout)?;
    let transport = plan.transport(Signal::Traces)?;
    let builder = SpanExporter::builder();
    let built = match &transport {
        #[cfg(feature = "otlp-http")]
        Transport::Http(client) => plan.http(builder.with_http(), client).build(),
        #[cfg(feature = "otlp-grpc")]
        Transport::Grpc(_) => transport.enter(|| plan.grpc(builder.with_tonic()).build()),
    };
    Ok(Linked {
        exporter: built.map_err(|error| plan.problem(&error))?,
        link: Link::new(transport, delivery),
    })
}

/// Makes the exporter of log records for `settings`.
#[cfg(feature = "logs")]
pub(crate) fn logs(
    settings: &Otlp,
    timeout: Duration,
    delivery: &Delivery,
) -> Result<Linked<LogExporter>, Problem> {
    let plan = Plan::new(settings, timeout)?;
    let transport = plan.transport(Signal::Logs)?;
    let builder = LogExporter::builder();
    let built = match &transport {
        #[cfg(feature = "otlp-http")]
        Transport::Http(client) => plan.http(builder.with_http(), client).build(),
        #[cfg(feature = "otlp-grpc")]
        Transport::Grpc(_) => transport.enter(|| plan.grpc(builder.with_tonic()).build()),
    };
    Ok(Linked {
        exporter: built.map_err(|error| plan.problem(&error))?,
        link: Link::new(transport, delivery),
    })
}

impl opentelemetry_sdk::trace::SpanExporter for Linked<SpanExporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.link.run(self.exporter.export(batch)).await
    }

    crate::left::left_to_exporter!(SpanExporter);
}

#[cfg(feature = "logs")]
impl opentelemetry_sdk::logs::LogExporter for Linked<LogExporter> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.link.run(self.exporter.export(batch)).await
    }

    crate::left::left_to_exporter!(LogExporter);
}
