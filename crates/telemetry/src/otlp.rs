//! The OTLP exporter, fit to run on any thread.

mod http;
mod tls;

use std::pin::pin;
use std::time::Duration;

use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::{
    Compression, ExporterBuildError, Protocol, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::{Builder, Runtime};

use crate::config::{Otlp, OtlpProtocol, Problem};
use crate::delivery::Delivery;

use http::{Encoding, HttpTransport};
use tls::Tls;

/// The exporter, with what its transport needs.
#[derive(Debug)]
pub(crate) struct OtlpExporter {
    exporter: opentelemetry_otlp::SpanExporter,
    transport: Transport,
    delivery: Delivery,
}

#[derive(Debug)]
enum Transport {
    Http(HttpTransport),
    /// The batch processor exports on a thread of its own, outside any runtime, and the program's
    /// runtime may be gone or blocked in `shutdown` by then. So gRPC has one for itself, one
    /// thread wide; `None` once it is dropped.
    Grpc(Option<Runtime>),
}

/// Makes the exporter that `settings` describe; each export takes at most `timeout`.
pub(crate) fn exporter(
    settings: &Otlp,
    timeout: Duration,
    delivery: &Delivery,
) -> Result<OtlpExporter, Problem> {
    let is_tls = settings.endpoint.starts_with("https:");
    let tls = is_tls.then(|| Tls::load(&settings.tls)).transpose()?;
    let built = match settings.protocol {
        OtlpProtocol::Grpc => grpc(settings, timeout, tls.as_ref()),
        OtlpProtocol::HttpProtobuf | OtlpProtocol::HttpJson => {
            http(settings, timeout, tls.as_ref())
        }
    };
    let (exporter, transport) = built.map_err(|error| {
        let message = format!("{error}; no spans are sent there");
        Problem::new("OTEL_EXPORTER_OTLP_ENDPOINT", &settings.endpoint, message)
    })?;
    Ok(OtlpExporter {
        exporter,
        transport,
        delivery: delivery.clone(),
    })
}

type Built = Result<(opentelemetry_otlp::SpanExporter, Transport), ExporterBuildError>;

fn http(settings: &Otlp, timeout: Duration, tls: Option<&Tls>) -> Built {
    let tls = match tls {
        Some(tls) => tls.for_ureq().map_err(|error| internal(&error))?,
        None => ureq::tls::TlsConfig::default(),
    };
    let encoding = match settings.protocol {
        OtlpProtocol::HttpJson => Encoding::Json,
        _ => Encoding::Protobuf,
    };
    let transport = HttpTransport::new(timeout, tls, encoding);
    let headers = settings.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let mut builder = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(transport.clone())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(&settings.endpoint)
        .with_timeout(timeout)
        .with_headers(headers.collect());
    if settings.gzip {
        builder = builder.with_compression(Compression::Gzip);
    }
    Ok((builder.build()?, Transport::Http(transport)))
}

fn grpc(settings: &Otlp, timeout: Duration, tls: Option<&Tls>) -> Built {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("telemetry-otlp")
        .enable_all()
        .build()
        .map_err(|error| internal(&error))?;
    let headers = settings.headers.iter().cloned().collect();
    let mut builder = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&settings.endpoint)
        .with_timeout(timeout)
        .with_metadata(MetadataMap::from_headers(headers));
    if let Some(tls) = tls {
        builder = builder.with_tls_config(tls.for_tonic());
    }
    if settings.gzip {
        builder = builder.with_compression(Compression::Gzip);
    }
    let entered = runtime.enter();
    let exporter = builder.build()?;
    drop(entered);
    Ok((exporter, Transport::Grpc(Some(runtime))))
}

fn internal(error: &impl ToString) -> ExporterBuildError {
    ExporterBuildError::InternalFailure(error.to_string())
}

impl SpanExporter for OtlpExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let export = self.exporter.export(batch);
        match &self.transport {
            Transport::Http(transport) => {
                let result = export.await;
                let answer = transport.take_answer();
                if let Some(partial) = answer.partial_success.filter(|p| p.rejected_spans > 0) {
                    let rejected = partial.rejected_spans.unsigned_abs();
                    self.delivery.reject(rejected, partial.error_message);
                }
                match answer.error {
                    Some(error) if result.is_err() => Err(OTelSdkError::InternalFailure(error)),
                    _ => result,
                }
            }
            Transport::Grpc(runtime) => within(runtime.as_ref(), export).await,
        }
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Polls `future` inside `runtime`, to which its timers and sockets then belong.
async fn within<T>(runtime: Option<&Runtime>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    std::future::poll_fn(|task| {
        let _entered = runtime.map(Runtime::enter);
        future.as_mut().poll(task)
    })
    .await
}

impl Drop for Transport {
    fn drop(&mut self) {
        // A plain drop would panic where the last owner is an async task.
        if let Self::Grpc(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}
