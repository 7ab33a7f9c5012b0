//! Compares the spans that programs printed with those of a backend, until all are there or the
//! time runs out.

pub mod args;
pub mod printed;
pub mod report;

use std::collections::HashSet;
use std::{fs, path::PathBuf, thread, time::Instant};

use serde::{Serialize, Serializer};

use self::args::{Sample, VerifyArgs};
use self::printed::PrintedError;
use crate::expect::{Profile, Rule};
use crate::judge::{Defect, Owners, judge};
use crate::model::{Span, Trace};
use crate::protocol::Protocol;
use crate::read::{Backend, detect};
use crate::wait::PAUSE;

/// The result for one sample's trace.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The sample's name.
    pub sample: String,
    /// The protocol it exported by.
    pub protocol: Protocol,
    /// The number of spans that its trace must have.
    pub expected: usize,
    /// The number of spans that its programs printed.
    pub sent: usize,
    /// The number of these that the backend returned.
    pub found: usize,
    /// The URL of the trace for people; `None` if no span was printed.
    pub url: Option<String>,
    /// The declared losses and normalisations that explained a difference, each once.
    #[serde(serialize_with = "names")]
    pub rules: Vec<&'static Rule>,
    /// The other differences.
    pub defects: Vec<Defect>,
    /// The reason why nothing could be compared, if so.
    pub problem: Option<String>,
}

fn names<S: Serializer>(rules: &[&'static Rule], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rules.iter().map(|rule| rule.name))
}

impl Outcome {
    /// Returns true if all expected spans were sent and returned without defects.
    pub fn is_whole(&self) -> bool {
        self.sent == self.expected
            && self.found == self.expected
            && self.defects.is_empty()
            && self.problem.is_none()
    }
}

/// Returns true if the backend could not be asked for any of the traces, so that nothing was compared.
pub fn is_unanswered(outcomes: &[Outcome]) -> bool {
    let has_traces = outcomes.iter().any(|outcome| outcome.sent > 0);
    has_traces && outcomes.iter().all(|outcome| outcome.url.is_none())
}

/// The reasons why the check is not possible, however long one waits.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The output of a program cannot be read.
    #[error("cannot read {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The output of a program holds an object that is not a span.
    #[error("cannot understand {path}", path = .path.display())]
    Printed {
        /// The file.
        path: PathBuf,
        /// The invalid object.
        source: PrintedError,
    },
}

/// Compares every sample's trace, repeatedly, until it is whole or the time runs out.
///
/// # Errors
/// [`VerifyError`] if a program's output cannot be read.
pub fn verify(args: &VerifyArgs) -> Result<Vec<Outcome>, VerifyError> {
    let deadline = Instant::now() + args.timeout;
    let mut backend = None;
    args.samples
        .iter()
        .map(|sample| {
            loop {
                let outcome = look(sample, args, &mut backend)?;
                if outcome.is_whole() || Instant::now() >= deadline {
                    return Ok(outcome);
                }
                thread::sleep(PAUSE);
            }
        })
        .collect()
}

/// Compares a trace once.
fn look(
    sample: &Sample,
    args: &VerifyArgs,
    backend: &mut Option<Backend>,
) -> Result<Outcome, VerifyError> {
    let sent = sent(sample)?;
    let mut outcome = Outcome {
        sample: sample.name.clone(),
        protocol: sample.protocol,
        expected: sample.spans,
        sent: sent.len(),
        found: 0,
        url: None,
        rules: Vec::new(),
        defects: Vec::new(),
        problem: None,
    };
    let compared = trace(sample, sent).and_then(|trace| {
        let known = match backend.take() {
            Some(backend) => backend,
            None => detect(&args.query_url).map_err(|error| error.to_string())?,
        };
        compare(&trace, args, backend.insert(known), &mut outcome)
    });
    outcome.problem = compared.err();
    Ok(outcome)
}

/// The trace of the printed spans, or the reason why there is none.
fn trace(sample: &Sample, mut spans: Vec<Span>) -> Result<Trace, String> {
    let id = spans.first().map(|span| span.trace_id);
    let id = id.ok_or("the sample printed no span")?;
    if spans.iter().any(|span| span.trace_id != id) {
        return Err("the sample's spans belong to several traces".to_owned());
    }
    let mut seen = HashSet::new();
    spans.retain(|span| seen.insert(span.span_id));
    Ok(Trace {
        name: sample.name.clone(),
        id,
        deliveries: vec![(0..spans.len()).collect()],
        spans,
    })
}

fn compare(
    trace: &Trace,
    args: &VerifyArgs,
    backend: &Backend,
    outcome: &mut Outcome,
) -> Result<(), String> {
    outcome.url = Some(backend.page(args.trace_url.as_deref(), trace.id));
    let api = args.query_api.unwrap_or_else(|| backend.best());
    let found = backend.trace(api, trace.id);
    let found = found.map_err(|error| error.to_string())?;
    let profile = Profile::new(outcome.protocol, backend.kind, api).as_printed();
    let judgement = judge(trace, 1, &found, &profile, &Owners::new());
    outcome.found = judgement.returned;
    outcome.rules = judgement.rules;
    outcome.defects = judgement.defects;
    Ok(())
}

/// The spans that the sample's programs have printed so far.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let source = std::io::Error::other("the cause");
        let path = PathBuf::from("out.log");
        let error = anyhow::Error::from(VerifyError::Read { path, source });
        assert_eq!(format!("{error:#}"), "cannot read out.log: the cause");
    }
}
