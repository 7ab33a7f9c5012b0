//! The client: one request over HTTP or gRPC, and what became of it.
//!
//! gRPC is a POST over HTTP/2 with a prefix before the message and the status behind the answer, so one
//! client does for both.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use super::ForwardError;
use super::answer::{Answer, Outcome};
use super::via::VIA;
use crate::config::{Forward, ForwardProtocol};
use crate::format::otlp::{Encoding, Signal};

/// Sends to one endpoint.
#[derive(Debug)]
pub(super) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    settings: Forward,
    /// The texts that must not be printed, even if the endpoint repeats them.
    secrets: Vec<String>,
}

/// The time for a connection, and for a request with its answer.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// Characters of a reason that are told.
const MAX_REASON: usize = 300;

const AGENT: &str = concat!("otel-backend/", env!("CARGO_PKG_VERSION"));

impl Client {
    pub(super) fn new(settings: &Forward) -> Result<Self, ForwardError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls(&settings.endpoint)?)
            .https_or_http();
        let is_grpc = settings.protocol == ForwardProtocol::Grpc;
        let connector = if is_grpc {
            https.enable_http2().wrap_connector(connector)
        } else {
            https.enable_all_versions().wrap_connector(connector)
        };
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .http2_only(is_grpc)
            .build(connector);
        Ok(Self {
            http,
            secrets: secrets(&settings.headers),
            settings: settings.clone(),
        })
    }

    /// The endpoint, for the log.
    pub(super) fn endpoint(&self) -> String {
        self.settings.endpoint.to_string()
    }

    pub(super) fn protocol(&self) -> ForwardProtocol {
        self.settings.protocol
    }

    /// Sends a request that [`pack`] has made.
    pub(super) async fn send(&self, signal: Signal, body: Bytes, via: &HeaderValue) -> Outcome {
        let outcome = match self.request(signal, body, via) {
            Ok(request) => match tokio::time::timeout(ANSWER, self.exchange(request)).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::broken(format!("no answer after {} s", ANSWER.as_secs())),
            },
            Err(reason) => Outcome::Refused(reason.to_string()),
        };
        self.told(outcome)
    }

    fn request(
        &self,
        signal: Signal,
        body: Bytes,
        via: &HeaderValue,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let is_grpc = self.settings.protocol == ForwardProtocol::Grpc;
        let (content_type, encoding) = if is_grpc {
            ("application/grpc", "grpc-encoding")
        } else {
            (Encoding::Protobuf.content_type(), CONTENT_ENCODING.as_str())
        };
        let mut request = Request::post(self.uri(signal)?)
            .header(CONTENT_TYPE, content_type)
            .header(encoding, "gzip")
            .header(USER_AGENT, AGENT)
            .header(VIA, via);
        if is_grpc {
            request = request.header(TE, "trailers");
        }
        let mut request = request.body(Full::new(body))?;
        for (name, value) in &self.settings.headers {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }

    fn uri(&self, signal: Signal) -> Result<Uri, http::Error> {
        let path = match (self.settings.protocol, signal) {
            (ForwardProtocol::Http, Signal::Logs) => "/v1/logs",
            (ForwardProtocol::Http, _) => "/v1/traces",
            (ForwardProtocol::Grpc, Signal::Logs) => {
                "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
            }
            (ForwardProtocol::Grpc, _) => {
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            }
        };
        let endpoint = &self.settings.endpoint;
        let path = format!("{}{path}", endpoint.path().trim_end_matches('/'));
        let mut uri = Uri::builder().path_and_query(path);
        if let (Some(scheme), Some(authority)) = (endpoint.scheme(), endpoint.authority()) {
            uri = uri.scheme(scheme.clone()).authority(authority.clone());
        }
        uri.build()
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Outcome {
        let response = match self.http.request(request).await {
            Ok(response) => response,
            Err(reason) => return Outcome::broken(with_causes(&reason)),
        };
        match read(response).await {
            Ok(answer) => answer.outcome(self.settings.protocol),
            Err(reason) => Outcome::broken(reason.to_string()),
        }
    }

    /// An outcome whose words can be printed: short, in one line, and without secrets.
    fn told(&self, outcome: Outcome) -> Outcome {
        let tell = |mut text: String| {
            for secret in &self.secrets {
                text = text.replace(secret, "[redacted]");
            }
            let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            plain.take(MAX_REASON).collect::<String>()
        };
        match outcome {
            Outcome::Taken(mut partial) => {
                partial.message = tell(partial.message);
                Outcome::Taken(partial)
            }
            Outcome::Later { after, reason } => Outcome::Later {
                after,
                reason: tell(reason),
            },
            Outcome::Refused(reason) => Outcome::Refused(tell(reason)),
            Outcome::Unsupported(reason) => Outcome::Unsupported(tell(reason)),
        }
    }
}

/// The body of a request: the message compressed and, for gRPC, behind its prefix.
pub(super) fn pack(message: &[u8], protocol: ForwardProtocol) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(message)?;
    let packed = encoder.finish()?;
    if protocol == ForwardProtocol::Http {
        return Ok(packed.into());
    }
    let mut body = BytesMut::with_capacity(packed.len() + 5);
    body.put_u8(1);
    body.put_u32(u32::try_from(packed.len()).map_err(std::io::Error::other)?);
    body.put_slice(&packed);
    Ok(body.freeze())
}

/// Reads an answer to its end; of one that is too long, the head.
async fn read(
    response: Response<Incoming>,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = response.into_parts();
    let (body, trailers) = match Limited::new(body, MAX_ANSWER).collect().await {
        Ok(collected) => {
            let trailers = collected.trailers().cloned();
            (collected.to_bytes(), trailers)
        }
        Err(reason) if reason.is::<LengthLimitError>() => (Bytes::new(), None),
        Err(reason) => return Err(reason),
    };
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body,
        trailers,
    })
}

/// TLS with the authorities of the system, or of the file that `SSL_CERT_FILE` names.
fn tls(endpoint: &Uri) -> Result<ClientConfig, ForwardError> {
    let mut roots = RootCertStore::empty();
    if endpoint.scheme_str() == Some("https") {
        // A system's store may hold certificates of a kind that is not read.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(ForwardError::NoAuthorities {
                endpoint: endpoint.to_string(),
            });
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// The values of headers and the longer words in them: `Bearer TOKEN` holds a token.
fn secrets(headers: &HeaderMap) -> Vec<String> {
    let values = headers.values().filter_map(|value| value.to_str().ok());
    let mut secrets: Vec<_> = values
        .flat_map(|value| std::iter::once(value).chain(value.split_whitespace()))
        .filter(|word| word.len() >= 8)
        .map(ToOwned::to_owned)
        .collect();
    // A whole value goes before the words in it.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(&'static str, &'static str)]) -> Client {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let settings = Forward {
            endpoint: Uri::from_static("http://collector:4318/team/a"),
            protocol: ForwardProtocol::Http,
            headers: headers.collect(),
        };
        Client::new(&settings).unwrap()
    }

    #[test]
    fn a_signal_is_sent_to_its_path_below_that_of_the_endpoint() {
        let client = client(&[]);
        for (signal, uri) in [
            (Signal::Traces, "http://collector:4318/team/a/v1/traces"),
            (Signal::Logs, "http://collector:4318/team/a/v1/logs"),
        ] {
            assert_eq!(client.uri(signal).unwrap(), uri);
        }
    }

    #[test]
    fn a_secret_that_the_endpoint_repeats_is_not_told() {
        let client = client(&[
            ("authorization", "Bearer topsecret"),
            ("x-key", "keykeykey"),
        ]);
        let said = "bad token topsecret, header Bearer topsecret, key keykeykey\n\u{1b}[31m";
        let outcome = client.told(Outcome::Refused(said.to_owned()));
        assert_eq!(
            outcome,
            Outcome::Refused(
                "bad token [redacted], header [redacted], key [redacted]  [31m".to_owned()
            )
        );
    }

    #[test]
    fn what_is_told_is_bounded() {
        let long = "x".repeat(100_000);
        let Outcome::Refused(told) = client(&[]).told(Outcome::Refused(long)) else {
            panic!("it stays a refusal");
        };
        assert_eq!(told.len(), MAX_REASON);
    }
}
