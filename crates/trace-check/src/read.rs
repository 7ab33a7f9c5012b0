//! Reads traces back by a backend's own query API, into the model of what was sent.

mod detect;
mod jaeger;
mod otlp;
mod search;

use std::time::Duration;

use crate::model::TraceId;

pub use detect::{Backend, DetectError, Kind, detect};
pub(crate) use otlp::read_logs;
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
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There was no answer.
    #[error("cannot read {url}: {reason}; is this the backend's query API?")]
    Http {
        /// The address that was asked.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The answer was an error.
    #[error("{url} answered {status}: {text}")]
    Refused {
        /// The address that was asked.
        url: String,
        /// The status of HTTP.
        status: u16,
        /// The start of the answer.
        text: String,
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
    let request = agent().get(url).header("accept", "application/json");
    let request = request.config().http_status_as_error(false).build();
    let mut response = request.call().map_err(http)?;
    let status = response.status();
    let body = response
        .body_mut()
        .with_config()
        .limit(LARGEST_ANSWER)
        .read_to_vec();
    let body = body.map_err(http)?;
    if status == http::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !status.is_success() {
        return Err(ReadError::Refused {
            url: url.to_owned(),
            status: status.as_u16(),
            text: one_line(&body),
        });
    }
    Ok(Some(body))
}

/// The most characters of an error's text.
const SHOWN: usize = 300;

/// The start of an answer, for a message.
fn one_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let printable = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    text.trim().chars().take(SHOWN).map(printable).collect()
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
