//! The HTTP client under the OTLP exporter.

use std::error::Error;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// Answers larger than this are refused.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// Sends requests with a blocking client: the batch processor exports on a thread of its own,
/// where there is no runtime.
#[derive(Clone, Debug)]
pub(super) struct HttpTransport {
    agent: Agent,
    encoding: Encoding,
    answer: Arc<Mutex<Answer>>,
}

/// How the exporter's requests, protobuf all, go on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    /// As they come.
    Protobuf,
    /// As JSON, which the exporter then need not know.
    Json,
}

/// What the exporter does not pass on of the last answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Why there was none.
    pub(super) error: Option<String>,
    /// What the backend said of spans it rejected.
    pub(super) partial_success: Option<ExportTracePartialSuccess>,
}

impl HttpTransport {
    pub(super) fn new(timeout: Duration, tls: TlsConfig, encoding: Encoding) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(tls)
            .build();
        Self {
            agent: config.new_agent(),
            encoding,
            answer: Arc::default(),
        }
    }

    /// The last answer, once.
    pub(super) fn take_answer(&self) -> Answer {
        std::mem::take(&mut self.answer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = match self.encoding {
            Encoding::Protobuf => request,
            Encoding::Json => to_json(request)?,
        };
        let (head, body) = request.into_parts();
        let response = self.agent.run(Request::from_parts(head, body.as_ref()))?;
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    fn read_answer(&self, result: &Result<Response<Bytes>, HttpError>) -> Answer {
        match result {
            Ok(response) => Answer {
                error: None,
                partial_success: self.partial_success(response.body()),
            },
            Err(error) => Answer {
                error: Some(with_causes(error.as_ref())),
                partial_success: None,
            },
        }
    }

    fn partial_success(&self, body: &[u8]) -> Option<ExportTracePartialSuccess> {
        let response: ExportTraceServiceResponse = match self.encoding {
            Encoding::Protobuf => Message::decode(body).ok()?,
            Encoding::Json => serde_json::from_slice(body).ok()?,
        };
        response.partial_success
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

/// Encodes the request anew. The exporter may have compressed it; then so is the outcome.
fn to_json(request: Request<Bytes>) -> Result<Request<Bytes>, HttpError> {
    let (mut head, body) = request.into_parts();
    let gzip = head.headers.contains_key(CONTENT_ENCODING);
    let body = if gzip { decompress(&body)? } else { body };
    let spans: ExportTraceServiceRequest = Message::decode(body)?;
    let json = serde_json::to_vec(&spans)?;
    let body = if gzip { compress(&json)? } else { json };
    let json = HeaderValue::from_static("application/json");
    head.headers.insert(CONTENT_TYPE, json);
    Ok(Request::from_parts(head, body.into()))
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

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
