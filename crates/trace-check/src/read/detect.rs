//! Which backend answers at a URL, found out by asking.

use std::fmt;

use serde_json::Value as Json;

use super::{Api, ReadError, get_text, jaeger, otlp};
use crate::model::{Span, TraceId};

/// A backend that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Which one.
    pub kind: Kind,
    /// The address under which its APIs are.
    pub url: String,
    /// The APIs it has, the one that loses least first.
    pub apis: Vec<Api>,
}

/// The backends whose ways are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// This workspace's own.
    OtelBackend,
    /// Jaeger.
    Jaeger,
    /// Jaeger with a store that keeps spans in Jaeger's older model: Badger, Cassandra, Elasticsearch.
    /// Nobody can tell by asking.
    JaegerOlderModel,
    /// Grafana Tempo.
    Tempo,
    /// `VictoriaTraces`.
    VictoriaTraces,
    /// Something that has Jaeger's API. Nothing is forgiven it.
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

/// Nothing that answers at the URL is known.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// Nobody answers.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Somebody else answers.
    #[error(
        "{0} answers, but is no query API that trace-check can read: it asked for \
         /api/v3/services and /api/traces (Jaeger, otel-backend), /api/echo (Tempo) and \
         /select/jaeger/api/services (VictoriaTraces)"
    )]
    Stranger(String),
}

impl Backend {
    /// Asks for a trace: its spans in any order, none if it is not known.
    ///
    /// # Errors
    /// [`ReadError`] when the backend does not answer or its answer cannot be understood.
    pub fn trace(&self, api: Api, id: TraceId) -> Result<Vec<Span>, ReadError> {
        // Jaeger's remarks are no part of what was sent, and its adjustments neither.
        let raw = matches!(self.kind, Kind::Jaeger | Kind::JaegerOlderModel);
        match api {
            Api::Jaeger => jaeger::trace(&self.url, id, raw),
            Api::JaegerV3 => otlp::v3(&self.url, id, raw),
            Api::TempoV1 => otlp::tempo_v1(&self.url, id),
            Api::TempoV2 => otlp::tempo_v2(&self.url, id),
        }
    }

    /// The address of a trace for a person: by this template with `{trace_id}` in it, or else the
    /// backend's page. Where a backend has none, it is the answer of its API.
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

/// Finds out what answers at `url`.
///
/// # Errors
/// [`DetectError`] if nothing does, or nothing that is known.
pub fn detect(url: &str) -> Result<Backend, DetectError> {
    let url = url.trim_end_matches('/');
    if let Some(base) = url.strip_suffix(VICTORIA) {
        return Ok(victoria_traces(base));
    }
    // Whoever answers at all answers this one, if only with 404.
    let health = ask(url, "/health")?;
    let has = |path: &str, key: &str| json(ask(url, path).ok().flatten()).get(key).is_some();
    let is_ours = json(health).get("status").is_some();
    let echo = ask(url, "/api/echo").ok().flatten();
    let is_tempo = echo.as_deref().map(<[u8]>::trim_ascii) == Some(b"echo");
    let mut apis = Vec::new();
    if has("/api/v3/services", "services") {
        apis.push(Api::JaegerV3);
    }
    // otel-backend has the newer of Tempo's APIs too.
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

/// Where `VictoriaTraces` has Jaeger's API.
const VICTORIA: &str = "/select/jaeger";

fn victoria_traces(base: &str) -> Backend {
    Backend {
        kind: Kind::VictoriaTraces,
        url: format!("{base}{VICTORIA}"),
        apis: vec![Api::Jaeger],
    }
}

/// The body of an answer; `None` if its status is no success.
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

/// Jaeger's old API says in an envelope of JSON that it does not know a trace.
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
