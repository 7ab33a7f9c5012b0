//! What a backend's own query API says of a trace.

use std::{sync::OnceLock, time::Duration};

use crate::{args::QueryApi, span::Span};

mod jaeger;
mod tempo;

/// More than any trace of the samples, and a bound on what a wrong URL can make us read.
const LARGEST_ANSWER: u64 = 64 << 20;

/// A backend that can be asked for a trace.
pub trait Backend {
    /// Returns the spans of the trace, in any order; none when the backend does not know it.
    ///
    /// # Errors
    /// [`ReadError`] when the backend does not answer or its answer cannot be understood.
    fn trace(&self, trace_id: &str) -> Result<Vec<Span>, ReadError>;
}

/// Why a trace could not be read.
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

/// A reader for `api`, served at `url`.
pub fn connect(api: QueryApi, url: &str) -> Box<dyn Backend> {
    let url = url.trim_end_matches('/').to_owned();
    match api {
        QueryApi::Jaeger => Box::new(jaeger::Jaeger { url }),
        QueryApi::Tempo => Box::new(tempo::Tempo { url }),
    }
}

/// The HTTP client that all requests share.
pub(crate) fn agent() -> &'static ureq::Agent {
    static AGENT: OnceLock<ureq::Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .into()
    })
}

/// Asks `url` for JSON; `None` when the answer is 404.
fn get<T: serde::de::DeserializeOwned>(url: &str) -> Result<Option<T>, ReadError> {
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
        .read_to_vec()
        .map_err(http)?;
    let answer = serde_json::from_slice(&body).map_err(|error| answer(url, error.to_string()))?;
    Ok(Some(answer))
}

fn answer(url: &str, reason: impl Into<String>) -> ReadError {
    ReadError::Answer {
        url: url.to_owned(),
        reason: reason.into(),
    }
}
