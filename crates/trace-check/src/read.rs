//! Reads traces through a backend's query API, and converts them to the model.

mod detect;
mod jaeger;
mod otlp;
mod search;

use std::time::Duration;

use crate::model::TraceId;

pub use detect::{Backend, DetectError, Kind, detect};
pub(crate) use otlp::read_logs;
pub use search::{Find, Found, Summary};

/// Larger than any trace that is sent; it limits what is read from a wrong URL.
const LARGEST_ANSWER: u64 = 256 << 20;

/// The longest to wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An API for reading traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Api {
    /// Jaeger's `/api/traces/{id}`, also offered by otel-backend and `VictoriaTraces`.
    Jaeger,
    /// Jaeger's `/api/v3/traces/{id}`, also offered by otel-backend.
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

/// The reasons why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There was no answer.
    #[error("cannot read {url}: {reason}; is this the backend's query API?")]
    Http {
        /// The requested URL.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The answer was an error.
    #[error("{url} answered {status}: {text}")]
    Refused {
        /// The requested URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The start of the answer.
        text: String,
    },
    /// The answer is not in the form of this API.
    #[error("{url} answered something other than a trace: {reason}")]
    Answer {
        /// The requested URL.
        url: String,
        /// The first difference from that form.
        reason: String,
    },
}

impl Backend {
    /// Returns true if the backend knows a trace, even if it is empty.
    pub fn knows(&self, api: Api, id: TraceId) -> bool {
        let path = match api {
            Api::Jaeger | Api::TempoV1 => "/api/traces/",
            Api::JaegerV3 => "/api/v3/traces/",
            Api::TempoV2 => "/api/v2/traces/",
        };
        let answer: Option<serde_json::Value> =
            get(&format!("{}{path}{id}", self.url)).ok().flatten();
        // The place of a non-empty list or object in the answer of each API.
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

/// The HTTP client shared by all readers.
pub(crate) fn agent() -> &'static ureq::Agent {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .build()
            .into()
    })
}

/// Gets `url`; `None` if the answer is 404.
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

/// The longest quotation of an answer in an error, in characters.
const SHOWN: usize = 300;

/// The start of an answer, on one line.
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

/// Gets JSON from `url`; `None` if the answer is 404.
fn get<T: serde::de::DeserializeOwned>(url: &str) -> Result<Option<T>, ReadError> {
    let Some(body) = get_text(url)? else {
        return Ok(None);
    };
    let answer = serde_json::from_slice(&body);
    answer
        .map(Some)
        .map_err(|error| ReadError::answer(url, error.to_string()))
}
