//! Detects which backend answers at a URL.

use std::fmt;

use serde_json::Value as Json;

use super::{Api, ReadError, get_text, jaeger, otlp};
use crate::model::{Span, TraceId};

/// A backend that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The kind of backend.
    pub kind: Kind,
    /// The base URL of its APIs.
    pub url: String,
    /// The supported APIs; the one that loses least is first.
    pub apis: Vec<Api>,
}

/// The supported backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The backend of this workspace.
    OtelBackend,
    /// Jaeger.
    Jaeger,
    /// Jaeger with a store that uses Jaeger's older model: Badger, Cassandra, Elasticsearch. This
    /// cannot be detected.
    JaegerOlderModel,
    /// Grafana Tempo.
    Tempo,
    /// `VictoriaTraces`.
    VictoriaTraces,
    /// Another backend with Jaeger's API. No optional rules apply to it.
    Unknown,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtelBackend => "otel-backend",
            Self::Jaeger => "Jaeger",
            Self::JaegerOlderModel => "Jaeger with its older model",
            Self::Tempo => "Tempo",
            Self::VictoriaTraces => "VictoriaTraces",
            Self::Unknown => "an unknown backend with Jaeger's API",
        })
    }
}

/// The reasons why no backend was detected.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// There is no answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Something else answers.
    #[error(
        "{0} answers, but is not a query API that trace-check can read: it asked for \
         /api/v3/services and /api/traces (Jaeger, otel-backend), /api/echo (Tempo) and \
         /select/jaeger/api/services (VictoriaTraces)"
    )]
    Stranger(String),
}

impl Backend {
    /// Reads a trace: its spans in any order; empty if it is unknown.
    ///
    /// # Errors
    /// [`ReadError`] if the backend does not answer, or if its answer cannot be read.
    pub fn trace(&self, api: Api, id: TraceId) -> Result<Vec<Span>, ReadError> {
        // Jaeger's adjustments and warnings are not part of the sent data.
        let raw = matches!(self.kind, Kind::Jaeger | Kind::JaegerOlderModel);
        match api {
            Api::Jaeger => jaeger::trace(&self.url, id, raw),
            Api::JaegerV3 => otlp::v3(&self.url, id, raw),
            Api::TempoV1 => otlp::tempo_v1(&self.url, id),
            Api::TempoV2 => otlp::tempo_v2(&self.url, id),
        }
    }

    /// The URL of a trace for people: from this template with `{trace_id}`, else the backend's
    /// page, else the answer of its API.
    pub fn page(&self, template: Option<&str>, id: TraceId) -> String {
        if let Some(template) = template {
            return template.replace("{trace_id}", &id.to_string());
        }
        let path = match self.kind {
            Kind::OtelBackend | Kind::Jaeger | Kind::JaegerOlderModel | Kind::Unknown => "trace",
            Kind::Tempo => "api/v2/traces",
            Kind::VictoriaTraces => "api/traces",
        };
        format!("{}/{path}/{id}", self.url)
    }

    /// The API that loses least.
    pub fn best(&self) -> Api {
        self.apis.first().copied().unwrap_or(Api::Jaeger)
    }
}

/// Detects the backend at `url`.
///
/// # Errors
/// [`DetectError`] if nothing answers, or nothing known.
pub fn detect(url: &str) -> Result<Backend, DetectError> {
    let url = url.trim_end_matches('/');
    if let Some(base) = url.strip_suffix(VICTORIA) {
        return Ok(victoria_traces(base));
    }
    // Every HTTP server answers this one, if only with 404.
    let health = ask(url, "/health")?;
    let has = |path: &str, key: &str| json(ask(url, path).ok().flatten()).get(key).is_some();
    let is_ours = json(health).get("status").is_some();
    let echo = ask(url, "/api/echo").ok().flatten();
    let is_tempo = echo.as_deref().map(<[u8]>::trim_ascii) == Some(b"echo");
    let mut apis = Vec::new();
    if has("/api/v3/services", "services") {
        apis.push(Api::JaegerV3);
    }
    // otel-backend also has the newer of Tempo's APIs.
    if is_tempo {
        apis.push(Api::TempoV2);
    }
    if is_tempo && !is_ours {
        apis.push(Api::TempoV1);
    }
    if has_old_api(url) {
        apis.push(Api::Jaeger);
    }
    if apis.is_empty() {
        if has(&format!("{VICTORIA}/api/services"), "data") {
            return Ok(victoria_traces(url));
        }
        return Err(DetectError::Stranger(url.to_owned()));
    }
    let kind = if is_ours {
        Kind::OtelBackend
    } else if is_tempo {
        Kind::Tempo
    } else if apis == [Api::JaegerV3, Api::Jaeger] || is_jaeger_ui(url) {
        Kind::Jaeger
    } else {
        Kind::Unknown
    };
    Ok(Backend {
        kind,
        url: url.to_owned(),
        apis,
    })
}

/// The path of Jaeger's API in `VictoriaTraces`.
const VICTORIA: &str = "/select/jaeger";

fn victoria_traces(base: &str) -> Backend {
    Backend {
        kind: Kind::VictoriaTraces,
        url: format!("{base}{VICTORIA}"),
        apis: vec![Api::Jaeger],
    }
}

/// The body of an answer; `None` if its status is not a success.
fn ask(url: &str, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let address = format!("{url}{path}");
    match super::agent().get(&address).call() {
        Err(ureq::Error::StatusCode(_)) => Ok(None),
        Err(error) => Err(ReadError::Http {
            url: address,
            reason: error.to_string(),
        }),
        Ok(mut response) => Ok(response.body_mut().read_to_vec().ok()),
    }
}

fn json(body: Option<Vec<u8>>) -> Json {
    serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default()
}

/// Jaeger's old API reports an unknown trace in a JSON envelope.
fn has_old_api(url: &str) -> bool {
    let unknown = format!("{url}/api/traces/00000000000000000000000000000001");
    let response = super::agent()
        .get(&unknown)
        .config()
        .http_status_as_error(false)
        .build()
        .call();
    let body = response.and_then(|mut response| response.body_mut().read_to_vec());
    let json = json(body.ok());
    json.get("data").is_some() && json.get("errors").is_some()
}

fn is_jaeger_ui(url: &str) -> bool {
    let page = get_text(&format!("{url}/")).ok().flatten();
    String::from_utf8_lossy(&page.unwrap_or_default()).contains("jaeger-ui-root")
}
