//! The OTLP exporter, fit to run on any thread.

use std::pin::pin;
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::{Builder, Runtime};

use crate::config::{Batch, Otlp, OtlpProtocol, Problem};

/// The exporter, with the runtime that gRPC needs.
///
/// The batch processor exports on a thread of its own, outside any runtime, and the program's
/// runtime may be gone or blocked in `shutdown` by then. So gRPC has its own, one thread wide.
#[derive(Debug)]
pub(crate) struct OtlpExporter {
    exporter: opentelemetry_otlp::SpanExporter,
    runtime: Option<Runtime>,
}

pub(crate) fn exporter(settings: &Otlp, batch: Batch) -> Result<OtlpExporter, Problem> {
    let timeout = settings.timeout.min(batch.export_timeout);
    build(settings, timeout).map_err(|error| Problem {
        variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        value: settings.endpoint.clone(),
        message: format!("{error}; no spans are sent there"),
    })
}

fn build(settings: &Otlp, timeout: Duration) -> Result<OtlpExporter, ExporterBuildError> {
    let builder = opentelemetry_otlp::SpanExporter::builder();
    match settings.protocol {
        OtlpProtocol::HttpProtobuf => Ok(OtlpExporter {
            exporter: builder
                .with_http()
                .with_protocol(Protocol::HttpBinary)
                .with_endpoint(&settings.endpoint)
                .with_timeout(timeout)
                .build()?,
            runtime: None,
        }),
        OtlpProtocol::Grpc => {
            let runtime = runtime()?;
            let entered = runtime.enter();
            let exporter = builder
                .with_tonic()
                .with_endpoint(&settings.endpoint)
                .with_timeout(timeout)
                .build()?;
            drop(entered);
            Ok(OtlpExporter {
                exporter,
                runtime: Some(runtime),
            })
        }
    }
}

fn runtime() -> Result<Runtime, ExporterBuildError> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("telemetry-otlp")
        .enable_all()
        .build()
        .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))
}

impl SpanExporter for OtlpExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut export = pin!(self.exporter.export(batch));
        // Timers and sockets belong to the runtime that is entered when they are polled.
        std::future::poll_fn(|task| {
            let _entered = self.runtime.as_ref().map(Runtime::enter);
            export.as_mut().poll(task)
        })
        .await
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Drop for OtlpExporter {
    fn drop(&mut self) {
        // A plain drop would panic where the last owner is an async task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
