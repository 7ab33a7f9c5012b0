//! The builder of exporters for Thrift over HTTP.

use std::fmt::{self, Debug};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy};

use super::HttpTransport;
use super::addresses::Addresses;
use crate::endpoint::Endpoint;
use crate::env::{self, Env};
use crate::mapping::Mapping;
#[cfg(feature = "tls")]
use crate::tls::Identity;
use crate::tls::{Tls, TlsSettings, secure_agent};
use crate::{BuildError, SpanExporter, headers, settings};

const DEFAULT_ENDPOINT: &str = "http://localhost:14268/api/traces";
const USER_AGENT: &str = concat!("jaeger-exporter/", env!("CARGO_PKG_VERSION"));
/// Large enough to write a batch of the SDK's default size in one system call.
const WRITTEN_AT_ONCE: usize = 512 * 1024;
/// Answers are short.
const READ_AT_ONCE: usize = 16 * 1024;

/// Builds a [`SpanExporter`] that sends Thrift over HTTP. Made by [`SpanExporter::http`].
///
/// A setting that is not made in code comes from the environment, or has its default.
///
/// ```
/// use std::time::Duration;
///
/// use jaeger_exporter::SpanExporter;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let exporter = SpanExporter::http()
///     .with_endpoint("http://localhost:14268/api/traces")
///     .with_timeout(Duration::from_secs(3))
///     .with_basic_auth("shop", "secret")
///     .with_header("x-tenant", "shop")
///     .build()?;
/// assert_eq!(exporter.endpoint(), "http://localhost:14268/api/traces");
///
/// let provider = SdkTracerProvider::builder()
///     .with_batch_exporter(exporter)
///     .build();
/// # drop(provider);
/// # Ok::<(), jaeger_exporter::BuildError>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
#[derive(Clone)]
pub struct HttpBuilder {
    env: Env,
    endpoint: Option<String>,
    timeout: Option<Duration>,
    credentials: Option<(String, String)>,
    headers: Vec<(String, String)>,
    tls: TlsSettings,
    mapping: Mapping,
}

impl HttpBuilder {
    pub(crate) fn new(env: Env) -> Self {
        Self {
            env,
            endpoint: None,
            timeout: None,
            credentials: None,
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

    /// The URL to post spans to, path included. `https://` means TLS. The default is
    /// `http://localhost:14268/api/traces`.
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The time limit of an export, retries included. The default is 10 s; zero means no limit.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The user and password of HTTP basic authentication.
    pub fn with_basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// Adds a header to every request, such as `Authorization` with a bearer token.
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

    /// Builds the exporter. It connects at the first export.
    ///
    /// # Errors
    /// [`BuildError`] names the setting, its value, and the values that are accepted.
    pub fn build(self) -> Result<SpanExporter, BuildError> {
        let endpoint = self.endpoint()?;
        let headers = self.headers()?;
        let timeout = settings::timeout(self.timeout, &self.env)?;
        let tls = self.tls.load(&self.env, &endpoint)?;
        let shown = endpoint.as_str().to_owned();
        let addresses = Addresses::default();
        let transport = HttpTransport {
            agent: agent(&endpoint, tls, addresses.clone())?,
            addresses,
            endpoint,
            headers,
            timeout,
            body: Mutex::default(),
        };
        Ok(SpanExporter::new(shown, self.mapping, Box::new(transport)))
    }

    fn endpoint(&self) -> Result<Endpoint, BuildError> {
        match (&self.endpoint, self.env.get(env::ENDPOINT)) {
            (Some(url), _) => Endpoint::parse("with_endpoint", url, DEFAULT_ENDPOINT),
            (None, Some(url)) => Endpoint::parse(env::ENDPOINT, url, DEFAULT_ENDPOINT),
            (None, None) => Endpoint::parse("with_endpoint", DEFAULT_ENDPOINT, DEFAULT_ENDPOINT),
        }
    }

    fn headers(&self) -> Result<HeaderMap, BuildError> {
        let mut map = headers::parse(&self.headers)?;
        if let Some(credentials) = self.credentials()? {
            map.insert(AUTHORIZATION, credentials);
        }
        Ok(map)
    }

    fn credentials(&self) -> Result<Option<HeaderValue>, BuildError> {
        if let Some((user, password)) = &self.credentials {
            return basic("with_basic_auth", user, password).map(Some);
        }
        match (self.env.get(env::USER), self.env.get(env::PASSWORD)) {
            (None, None) => Ok(None),
            (Some(user), password) => basic(env::USER, user, password.unwrap_or("")).map(Some),
            (None, Some(_)) => {
                let expected = format!("{} as well", env::USER);
                Err(BuildError::setting(env::PASSWORD, "(set)", expected))
            }
        }
    }
}

/// RFC 7617: `user:password` in base64. A user name cannot contain a colon.
fn basic(setting: &'static str, user: &str, password: &str) -> Result<HeaderValue, BuildError> {
    if user.contains(':') {
        return Err(BuildError::setting(setting, user, "a user without a colon"));
    }
    let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    headers::secret(setting, &value)
}

/// Prints no value that could be secret.
impl Debug for HttpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBuilder")
            .field("env", &self.env)
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn agent(endpoint: &Endpoint, tls: Option<Tls>, addresses: Addresses) -> Result<Agent, BuildError> {
    let config = Agent::config_builder()
        .user_agent(USER_AGENT)
        .http_status_as_error(false)
        .max_redirects(0)
        .output_buffer_size(WRITTEN_AT_ONCE)
        .input_buffer_size(READ_AT_ONCE)
        .max_redirects_will_error(false);
    let config = secure_agent(config, tls).map_err(|reason| BuildError::Tls {
        endpoint: endpoint.as_str().to_owned(),
        reason,
    })?;
    // A proxy from the environment is never used for this machine, even if NO_PROXY does not list
    // it.
    let proxy = if endpoint.is_loopback() {
        None
    } else {
        Proxy::try_from_env()
    };
    let config = config.proxy(proxy).build();
    Ok(Agent::with_parts(
        config,
        DefaultConnector::default(),
        addresses,
    ))
}
