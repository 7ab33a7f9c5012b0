//! Reads traces back by a backend's own query API, into the model of what was sent.

mod detect;
mod jaeger;
mod otlp;
mod search;

use std::time::Duration;

use crate::model::{Span, TraceId};

pub use detect::{Backend, DetectError, Kind, detect};
pub use search::{Find, Found, Summary};

/// More than any trace that is sent, and a bound on what a wrong URL can make us read.
const LARGEST_ANSWER: u64 = 256 << 20;

/// How long a backend may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An API by which traces are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Api {
    /// Jaeger's `/api/traces/{id}`, which otel-backend and `VictoriaTraces` have too.
    Jaeger,
    /// Jaeger's `/api/v3/traces/{id}`, which otel-backend has too.
    JaegerV3,
    /// Tempo's `/api/traces/{id}`.
    TempoV1,
    /// Tempo's `/api/v2/traces/{id}`.
    #[value(name = "tempo")]
    TempoV2,
}

impl Api {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jaeger => "jaeger",
            Self::JaegerV3 => "jaeger-v3",
            Self::TempoV1 => "tempo-v1",
            Self::TempoV2 => "tempo-v2",
        }
    }

    /// Asks the backend at `url` for a trace: its spans in any order, none if it is not known.
    ///
    /// # Errors
    /// [`ReadError`] when the backend does not answer or its answer cannot be understood.
    pub fn trace(self, url: &str, id: TraceId) -> Result<Vec<Span>, ReadError> {
        match self {
            Self::Jaeger => jaeger::trace(url, id),
            Self::JaegerV3 => otlp::v3(url, id),
            Self::TempoV1 => otlp::tempo_v1(url, id),
            Self::TempoV2 => otlp::tempo_v2(url, id),
        }
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There was no answer, or not a good one.
    #[error("cannot read {url}: {reason}; is this the backend's query API?")]
    Http {
        /// The address that was asked.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The answer is not what this API answers.
    #[error("{url} answered something else than a trace: {reason}")]
    Answer {
        /// The address that was asked.
        url: String,
        /// What is not as expected.
        reason: String,
    },
}

impl Backend {
    /// Whether the backend knows a trace, though there may be nothing in it.
    pub fn knows(&self, api: Api, id: TraceId) -> bool {
        let path = match api {
            Api::Jaeger | Api::TempoV1 => "/api/traces/",
            Api::JaegerV3 => "/api/v3/traces/",
            Api::TempoV2 => "/api/v2/traces/",
        };
        let answer: Option<serde_json::Value> =
            get(&format!("{}{path}{id}", self.url)).ok().flatten();
        // A list or an object with something in it, under the name that each API has for it.
        let names = ["/data/0", "/batches/0", "/result", "/trace/resourceSpans/0"];
        answer.is_some_and(|answer| names.iter().any(|name| answer.pointer(name).is_some()))
    }
}

impl ReadError {
    fn answer(url: &str, reason: impl Into<String>) -> Self {
        Self::Answer {
            url: url.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The HTTP client that all readers share.
pub(crate) fn agent() -> &'static ureq::Agent {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .build()
            .into()
    })
}

/// Asks `url`; `None` when the answer is 404.
fn get_text(url: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let http = |error: ureq::Error| ReadError::Http {
        url: url.to_owned(),
        reason: error.to_string(),
    };
    let mut response = match agent().get(url).header("accept", "application/json").call() {
        Err(ureq::Error::StatusCode(404)) => return Ok(None),
        response => response.map_err(http)?,
    };
    let body = response
        .body_mut()
        .with_config()
        .limit(LARGEST_ANSWER)
        .read_to_vec();
    body.map(Some).map_err(http)
}

/// Asks `url` for JSON; `None` when the answer is 404.
fn get<T: serde::de::DeserializeOwned>(url: &str) -> Result<Option<T>, ReadError> {
    let Some(body) = get_text(url)? else {
        return Ok(None);
    };
    let answer = serde_json::from_slice(&body);
    answer
        .map(Some)
        .map_err(|error| ReadError::answer(url, error.to_string()))
}
