//! Passes the settings to the SDK's builders, in the same way for each signal.

use std::time::Duration;

use opentelemetry_otlp::{Compression, WithExportConfig};
#[cfg(feature = "otlp-http")]
use opentelemetry_otlp::{Protocol, WithHttpConfig};
#[cfg(feature = "otlp-grpc")]
use {
    opentelemetry_otlp::WithTonicConfig, tokio::runtime::Builder, tonic::Request,
    tonic::metadata::MetadataMap,
};

use crate::config::{Otlp, OtlpProtocol, Problem, ProblemKind, without_secrets};

use super::Signal;
#[cfg(feature = "otlp-http")]
use super::http::{Encoding, HttpTransport};
use super::tls::Tls;
use super::transport::Transport;

/// The settings of an exporter, with its files loaded.
pub(super) struct Plan<'a> {
    settings: &'a Otlp,
    timeout: Duration,
    tls: Option<Tls>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(settings: &'a Otlp, timeout: Duration) -> Result<Self, Problem> {
        let is_tls = settings.endpoint.starts_with("https:");
        Ok(Self {
            settings,
            timeout,
            tls: is_tls.then(|| Tls::load(&settings.tls)).transpose()?,
        })
    }

    pub(super) fn transport(&self, signal: Signal) -> Result<Transport, Problem> {
        match self.settings.protocol {
            OtlpProtocol::Grpc => self.grpc_transport(),
            OtlpProtocol::HttpProtobuf | OtlpProtocol::HttpJson => self.http_transport(signal),
        }
    }

    #[cfg(feature = "otlp-grpc")]
    fn grpc_transport(&self) -> Result<Transport, Problem> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("otel-auto-otlp")
            .enable_all()
            .build()
            .map_err(|error| self.problem(&error))?;
        Ok(Transport::Grpc(Some(runtime)))
    }

    #[cfg(not(feature = "otlp-grpc"))]
    fn grpc_transport(&self) -> Result<Transport, Problem> {
        Err(self.missing("otlp-grpc"))
    }

    #[cfg(feature = "otlp-http")]
    fn http_transport(&self, signal: Signal) -> Result<Transport, Problem> {
        let encoding = match self.settings.protocol {
            OtlpProtocol::HttpJson => Encoding::Json,
            _ => Encoding::Protobuf,
        };
        let tls = match &self.tls {
            Some(tls) => tls.for_ureq().map_err(|error| self.problem(&error))?,
            None => ureq::tls::TlsConfig::default(),
        };
        let headers = self.settings.headers.iter().cloned().collect();
        let client = HttpTransport::new(self.timeout, tls, encoding, signal, headers);
        Ok(Transport::Http(client))
    }

    #[cfg(not(feature = "otlp-http"))]
    fn http_transport(&self, _: Signal) -> Result<Transport, Problem> {
        Err(self.missing("otlp-http"))
    }

    #[cfg(not(all(feature = "otlp-grpc", feature = "otlp-http")))]
    fn missing(&self, feature: &str) -> Problem {
        let protocol = self.settings.protocol.name();
        crate::missing::feature("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, feature)
    }

    #[cfg(feature = "otlp-http")]
    pub(super) fn http<B: WithExportConfig + WithHttpConfig>(
        &self,
        builder: B,
        client: &HttpTransport,
    ) -> B {
        let builder = builder
            .with_http_client(client.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&self.settings.endpoint)
            .with_timeout(self.timeout);
        if self.settings.gzip {
            builder.with_compression(Compression::Gzip)
        } else {
            builder
        }
    }

    #[cfg(feature = "otlp-grpc")]
    pub(super) fn grpc<B: WithExportConfig + WithTonicConfig>(&self, builder: B) -> B {
        let headers = self.settings.headers.iter().cloned().collect();
        let headers = MetadataMap::from_headers(headers);
        let mut builder = builder
            .with_endpoint(&self.settings.endpoint)
            .with_timeout(self.timeout)
            .with_interceptor(move |request| Ok(with_headers(request, &headers)));
        if let Some(tls) = &self.tls {
            builder = builder.with_tls_config(tls.for_tonic());
        }
        if self.settings.gzip {
            builder = builder.with_compression(Compression::Gzip);
        }
        builder
    }

    pub(super) fn problem(&self, error: &impl ToString) -> Problem {
        let message = format!("{}; nothing is sent there", error.to_string());
        Problem::new(
            ProblemKind::Failed,
            self.settings.endpoint_variable,
            without_secrets(&self.settings.endpoint),
            message,
        )
    }
}

/// Keeps only `headers` and the exporter's `user-agent`: the exporter adds unchecked headers that
/// it reads from the environment by itself.
#[cfg(feature = "otlp-grpc")]
fn with_headers(mut request: Request<()>, headers: &MetadataMap) -> Request<()> {
    let agent = request.metadata_mut().remove("user-agent");
    let mut own = headers.clone();
    if let Some(agent) = agent
        && !own.contains_key("user-agent")
    {
        own.insert("user-agent", agent);
    }
    *request.metadata_mut() = own;
    request
}
