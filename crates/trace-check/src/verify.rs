//! The check itself: read what was printed, read what the backend has, compare, until all is there.

pub mod compare;
pub mod printed;
pub mod report;
pub mod span;

use std::{collections::BTreeSet, fs, path::PathBuf, thread, time::Instant};

use self::compare::Difference;
use self::printed::PrintedError;
use self::span::Span;
use crate::args::{Sample, VerifyArgs};
use crate::model::TraceId;
use crate::wait::PAUSE;

/// What became of one sample's trace.
#[derive(Debug, serde::Serialize)]
pub struct Outcome {
    /// The sample's name.
    pub sample: String,
    /// The protocol it exported by.
    pub protocol: String,
    /// How many spans its trace must have.
    pub expected: usize,
    /// How many spans its programs printed.
    pub sent: usize,
    /// How many of those the backend returned.
    pub found: usize,
    /// The address of the trace for a person; `None` when no span was printed.
    pub url: Option<String>,
    /// Every field that came back other than it was sent.
    pub differences: Vec<Difference>,
    /// Why nothing could be compared, if so.
    pub problem: Option<String>,
}

impl Outcome {
    /// Whether every expected span was sent, found, and found equal.
    pub fn is_whole(&self) -> bool {
        self.sent == self.expected
            && self.found == self.expected
            && self.differences.is_empty()
            && self.problem.is_none()
    }
}

/// A question that cannot be answered, however long one waits.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The output of a program cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The output of a program holds something that is no span.
    #[error("{path}: {source}", path = .path.display())]
    Printed {
        /// The file.
        path: PathBuf,
        /// What.
        source: PrintedError,
    },
}

/// Compares every sample's trace, each as often as it takes until it is whole or the time is up.
///
/// # Errors
/// [`VerifyError`] when a program's output cannot be read.
pub fn verify(args: &VerifyArgs) -> Result<Vec<Outcome>, VerifyError> {
    let deadline = Instant::now() + args.timeout;
    args.samples
        .iter()
        .map(|sample| {
            loop {
                let outcome = look(sample, args)?;
                if outcome.is_whole() || Instant::now() >= deadline {
                    return Ok(outcome);
                }
                thread::sleep(PAUSE);
            }
        })
        .collect()
}

/// Compares once.
fn look(sample: &Sample, args: &VerifyArgs) -> Result<Outcome, VerifyError> {
    let sent = sent(sample)?;
    let mut outcome = Outcome {
        sample: sample.name.clone(),
        protocol: sample.protocol.clone(),
        expected: sample.spans,
        sent: sent.len(),
        found: 0,
        url: None,
        differences: Vec::new(),
        problem: None,
    };
    let trace_ids: BTreeSet<&str> = sent.iter().map(|span| span.trace_id.as_str()).collect();
    let mut trace_ids = trace_ids.into_iter();
    let (Some(trace_id), None) = (trace_ids.next(), trace_ids.next()) else {
        outcome.problem = Some(match sent.len() {
            0 => "the sample printed no span".to_owned(),
            _ => "the sample's spans belong to several traces".to_owned(),
        });
        return Ok(outcome);
    };
    outcome.url = Some(args.trace_url.replace("{trace_id}", trace_id));
    let id = TraceId::from_hex(trace_id).unwrap_or_default();
    let url = args.query_url.trim_end_matches('/');
    match args.query_api.trace(url, id) {
        Ok(found) => {
            let found: Vec<Span> = found.iter().map(Span::as_printed).collect();
            outcome.found = sent
                .iter()
                .filter(|span| found.iter().any(|other| other.span_id == span.span_id))
                .count();
            outcome.differences = compare::traces(&sent, &found);
        }
        Err(error) => outcome.problem = Some(error.to_string()),
    }
    Ok(outcome)
}

/// What the sample's programs printed so far.
fn sent(sample: &Sample) -> Result<Vec<Span>, VerifyError> {
    let mut spans = Vec::new();
    for path in &sample.printed {
        let output = fs::read_to_string(path).map_err(|source| VerifyError::Read {
            path: path.clone(),
            source,
        })?;
        spans.extend(
            printed::spans(&output).map_err(|source| VerifyError::Printed {
                path: path.clone(),
                source,
            })?,
        );
    }
    Ok(spans)
}
