//! The builder of gRPC exporters.

use std::fmt::{self, Debug};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tonic::transport::Endpoint as ChannelEndpoint;

use super::GrpcTransport;
use super::failure::Target;
use super::worker::{Backend, Worker};
use crate::endpoint::Endpoint;
use crate::env::{self, Env};
use crate::mapping::Mapping;
#[cfg(feature = "tls")]
use crate::tls::Identity;
use crate::tls::{Tls, TlsSettings, secure_channel};
use crate::{BuildError, SpanExporter, headers, settings};

const DEFAULT_ENDPOINT: &str = "http://localhost:14250";
const WITH_ENDPOINT: &str = "with_endpoint";
const USER_AGENT: &str = concat!("jaeger-exporter/", env!("CARGO_PKG_VERSION"));

/// Builds a [`SpanExporter`] that speaks gRPC. Made by [`SpanExporter::grpc`].
///
/// A setting that is not made in code comes from the environment, or has its default.
///
/// ```
/// use jaeger_exporter::SpanExporter;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// // No runtime is needed: the exporter has a thread of its own.
/// let exporter = SpanExporter::grpc()
///     .with_endpoint("http://localhost:14250")
///     .with_header("x-tenant", "shop")
///     .build()?;
/// assert_eq!(exporter.endpoint(), "http://localhost:14250");
///
/// let provider = SdkTracerProvider::builder()
///     .with_batch_exporter(exporter)
///     .build();
/// # drop(provider);
/// # Ok::<(), jaeger_exporter::BuildError>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
#[derive(Clone)]
pub struct GrpcBuilder {
    env: Env,
    endpoint: Option<String>,
    timeout: Option<Duration>,
    headers: Vec<(String, String)>,
    tls: TlsSettings,
    mapping: Mapping,
}

impl GrpcBuilder {
    pub(crate) fn new(env: Env) -> Self {
        Self {
            env,
            endpoint: None,
            timeout: None,
            headers: Vec::new(),
            tls: TlsSettings::default(),
            mapping: Mapping::default(),
        }
    }

    /// Reads the environment variables from `lookup` instead of the process's environment.
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.env = Env::read(lookup);
        self
    }

    /// The URL of the backend, without a path. `http://` means plaintext and `https://` TLS; a bare
    /// `host:port` means TLS unless `OTEL_EXPORTER_JAEGER_GRPC_INSECURE` is `true`.
    /// The default is `http://localhost:14250`.
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The time limit of an export, retries included. The default is 10 s; zero means no limit.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a header, which gRPC calls metadata, to every call.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Trusts these certificate authorities, in PEM, instead of the system's.
    #[cfg(feature = "tls")]
    pub fn with_ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.ca = Some(pem.into());
        self
    }

    /// Presents this certificate chain with its private key, both in PEM.
    #[cfg(feature = "tls")]
    pub fn with_client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls.identity = Some(Identity {
            certificate: certificate.into(),
            key: key.into(),
        });
        self
    }

    /// Also sends the scope under its deprecated names `otel.library.name` and
    /// `otel.library.version`, for backends that know only those.
    pub fn with_library_tags(mut self) -> Self {
        self.mapping.library_tags = true;
        self
    }

    /// Builds the exporter and starts its sending thread. It connects at the first export.
    ///
    /// # Errors
    /// [`BuildError`] names the setting, its value, and the values that are accepted.
    pub fn build(self) -> Result<SpanExporter, BuildError> {
        let endpoint = self.endpoint()?;
        let headers = headers::parse(&self.headers)?;
        let timeout = settings::timeout(self.timeout, &self.env)?;
        let tls = self.tls.load(&self.env, &endpoint)?;
        let backend = Backend {
            channel: channel(&endpoint, tls).map_err(|error| BuildError::Tls {
                endpoint: endpoint.as_str().to_owned(),
                reason: error.to_string(),
            })?,
            headers,
            target: Target {
                host: endpoint.host().to_owned(),
                port: endpoint.port(),
                tls: endpoint.is_tls(),
                timeout,
            },
        };
        let transport = GrpcTransport {
            worker: Worker::start(backend)?,
            timeout,
            size: AtomicUsize::default(),
        };
        Ok(SpanExporter::new(
            endpoint.as_str().to_owned(),
            self.mapping,
            Box::new(transport),
        ))
    }

    fn endpoint(&self) -> Result<Endpoint, BuildError> {
        let (setting, url) = match (&self.endpoint, self.env.get(env::ENDPOINT)) {
            (Some(url), _) => (WITH_ENDPOINT, url.as_str()),
            (None, Some(url)) => (env::ENDPOINT, url),
            (None, None) => (WITH_ENDPOINT, DEFAULT_ENDPOINT),
        };
        let insecure = self.env.flag(env::GRPC_INSECURE)?.unwrap_or(false);
        let endpoint = match (url.contains("://"), insecure) {
            (true, _) => Endpoint::parse(setting, url, DEFAULT_ENDPOINT),
            // Older exporters took `host:port`. Such an address means TLS unless a setting says
            // otherwise.
            (false, true) => Endpoint::parse(setting, &format!("http://{url}"), DEFAULT_ENDPOINT),
            (false, false) => Endpoint::parse(setting, &format!("https://{url}"), DEFAULT_ENDPOINT),
        }?;
        if endpoint.path() != "/" {
            return Err(BuildError::setting(
                setting,
                url,
                "a URL without a path: gRPC has none",
            ));
        }
        Ok(endpoint)
    }
}

/// Prints no value that could be secret.
impl Debug for GrpcBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcBuilder")
            .field("env", &self.env)
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn channel(
    endpoint: &Endpoint,
    tls: Option<Tls>,
) -> Result<ChannelEndpoint, tonic::transport::Error> {
    let channel =
        ChannelEndpoint::from_shared(endpoint.as_str().to_owned())?.user_agent(USER_AGENT)?;
    secure_channel(channel, tls)
}
