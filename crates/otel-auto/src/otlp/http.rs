//! The HTTP client of the OTLP exporter.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
#[cfg(feature = "logs")]
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::TlsConfig;

use super::Signal;
use super::rejections::Rejection;
use crate::causes;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

const GRPC_ANSWER: &str = "the port speaks gRPC and not HTTP: \
    set the protocol to grpc, or take the port for HTTP, which is 4318 by default";

/// Sends requests with a blocking client, since the batch processor exports on a thread without a
/// runtime.
#[derive(Clone, Debug)]
pub(super) struct HttpTransport {
    agent: Agent,
    encoding: Encoding,
    signal: Signal,
    /// The configured headers.
    headers: HeaderMap,
    answer: Arc<Mutex<Answer>>,
}

/// The encoding on the wire. The exporter makes all requests in protobuf.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    /// Protobuf, unchanged.
    Protobuf,
    /// JSON, converted here, so that the exporter needs no JSON.
    Json,
}

/// Details of the last answer that the exporter does not return.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The error, if there was no answer.
    pub(super) error: Option<String>,
    /// The rejected spans, if the backend accepted only some.
    pub(super) rejection: Option<Rejection>,
}

impl HttpTransport {
    pub(super) fn new(
        timeout: Duration,
        tls: TlsConfig,
        encoding: Encoding,
        signal: Signal,
        headers: HeaderMap,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(tls)
            .build();
        Self {
            agent: config.new_agent(),
            encoding,
            signal,
            headers,
            answer: Arc::default(),
        }
    }

    /// Takes the details of the last answer.
    pub(super) fn take_answer(&self) -> Answer {
        std::mem::take(&mut self.answer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (mut head, body) = request.into_parts();
        let body = match self.encoding {
            Encoding::Protobuf => body,
            Encoding::Json => to_json(&body, self.signal)?,
        };
        head.headers = self.headers(&head.headers, &body);
        let response = self.agent.run(Request::from_parts(head, body.as_ref()))?;
        let (head, mut body) = response.into_parts();
        if is_grpc(&head) {
            return Err(GRPC_ANSWER.into());
        }
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// The configured headers, and those that describe `body`. Others are dropped: the exporter
    /// adds unchecked headers that it reads from the environment by itself.
    fn headers(&self, of_exporter: &HeaderMap, body: &[u8]) -> HeaderMap {
        let content_type = HeaderValue::from_static(match self.encoding {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        });
        let agent = of_exporter.get(USER_AGENT).cloned();
        let mut headers = HeaderMap::from_iter(agent.map(|agent| (USER_AGENT, agent)));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(CONTENT_TYPE, content_type);
        if is_gzip(body) {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers
    }

    fn read_answer(&self, result: &Result<Response<Bytes>, HttpError>) -> Answer {
        match result {
            Ok(response) => Answer {
                error: None,
                rejection: self.rejection(response.body()),
            },
            Err(error) => Answer {
                error: Some(causes::joined(error.as_ref())),
                rejection: None,
            },
        }
    }

    /// <https://opentelemetry.io/docs/specs/otlp/#partial-success-1>
    fn rejection(&self, body: &[u8]) -> Option<Rejection> {
        let (count, reason) = match self.signal {
            Signal::Traces => {
                let response: ExportTraceServiceResponse = self.decode(body)?;
                let partial = response.partial_success?;
                (partial.rejected_spans, partial.error_message)
            }
            #[cfg(feature = "logs")]
            Signal::Logs => {
                let response: ExportLogsServiceResponse = self.decode(body)?;
                let partial = response.partial_success?;
                (partial.rejected_log_records, partial.error_message)
            }
        };
        let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Rejection { count, reason })
    }

    fn decode<T: Message + Default + DeserializeOwned>(&self, body: &[u8]) -> Option<T> {
        match self.encoding {
            Encoding::Protobuf => Message::decode(body).ok(),
            Encoding::Json => serde_json::from_slice(body).ok(),
        }
    }
}

#[async_trait]
impl HttpClient for HttpTransport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let result = self.send(request);
        let answer = self.read_answer(&result);
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        result
    }
}

/// A gRPC port answers any HTTP request with status 200, and reports the failure in a header of its
/// own.
fn is_grpc(answer: &Parts) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// True if `body` is compressed with gzip, whose first bytes never begin a protobuf message.
fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

/// Converts a request to JSON, and compresses it if the original was.
fn to_json(body: &Bytes, signal: Signal) -> Result<Bytes, HttpError> {
    let gzip = is_gzip(body);
    let body = if gzip {
        decompress(body)?
    } else {
        body.clone()
    };
    let json = match signal {
        Signal::Traces => transcode::<ExportTraceServiceRequest>(&body)?,
        #[cfg(feature = "logs")]
        Signal::Logs => transcode::<ExportLogsServiceRequest>(&body)?,
    };
    let body = if gzip { compress(&json)? } else { json };
    Ok(body.into())
}

fn transcode<T: Message + Default + Serialize>(body: &[u8]) -> Result<Vec<u8>, HttpError> {
    let message: T = Message::decode(body)?;
    Ok(serde_json::to_vec(&message)?)
}

fn decompress(body: &[u8]) -> std::io::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain)?;
    Ok(plain.into())
}

fn compress(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}
