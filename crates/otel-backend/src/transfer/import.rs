//! `otel-backend import`: stores traces and log records from files.

mod document;
mod file;
mod sink;

use std::fmt::Display;
use std::io;

use serde::Serialize;

use crate::args;
use crate::config::Config;
use crate::format::json::is_zero;
use crate::format::surrogate;
use crate::store::OpenError;
use document::{Document, decode};
use file::{Place, read_documents};
use sink::{Sink, SinkError};

/// The reason why traces were not imported, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Neither the data directory nor a backend can be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A thread or a runtime could not be started.
    #[error("cannot begin: {0}")]
    Start(io::Error),
    /// There is no backend that could accept the traces.
    #[error(
        "the data directory is in use, and the OTLP HTTP port of the backend that uses it is off: stop the backend, or give it the port"
    )]
    NoPort,
    /// The store did not accept them.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Some places in the files could not be read; the rest was imported.
    #[error("not all was imported: {0} places cannot be read")]
    Places(u64),
}

/// The result of an import.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// The number of files read, at least in part.
    files: usize,
    /// The number of spans stored.
    spans: u64,
    /// The number of log records stored.
    #[serde(rename = "logRecords", skip_serializing_if = "is_zero")]
    logs: u64,
    /// The number of invalid spans and log records, which were not stored.
    rejected: u64,
    /// The first problems, each with its place.
    problems: Vec<String>,
    /// The number of all problems.
    #[serde(rename = "problemCount")]
    problem_count: u64,
}

/// The most problems that are printed; further ones are only counted.
const MAX_PROBLEMS: usize = 20;

/// The number of spans between progress lines.
const PROGRESS: u64 = 1_000_000;

/// Imports the files one after the other.
///
/// # Errors
/// [`ImportError`] if not everything could be imported.
pub fn run(config: &Config, args: &args::Import) -> Result<(), ImportError> {
    let sink = Sink::open(config)?;
    let mut report = Report::default();
    let mut result = Ok(());
    for path in &args.files {
        result = import(path, &sink, &mut report);
        if result.is_err() {
            break;
        }
    }
    sink.close();
    report.print(args.json);
    result?;
    match report.problem_count {
        0 => Ok(()),
        count => Err(ImportError::Places(count)),
    }
}

fn import(path: &str, sink: &Sink, report: &mut Report) -> Result<(), SinkError> {
    report.files += 1;
    let mut result = Ok(());
    read_documents(path, &mut |place, document| {
        let place = match place {
            Place::Whole => path.to_owned(),
            place => format!("{path}: {place}"),
        };
        match document {
            Ok(document) => result = import_document(&place, document, sink, report),
            Err(reason) => report.problem(format!("{place}: {reason}")),
        }
        result.is_ok()
    });
    result
}

fn import_document(
    place: &str,
    document: &[u8],
    sink: &Sink,
    report: &mut Report,
) -> Result<(), SinkError> {
    let repaired = surrogate::repair(document);
    let document = repaired.as_deref().unwrap_or(document);
    match decode(document) {
        Ok(Document::Spans(decoded)) => {
            let spans = decoded.map(|incoming| incoming.map(|incoming| incoming.span));
            import_items(place, "span", spans, report, |spans, report| {
                report.stored(sink.store(spans)?);
                Ok(())
            })
        }
        Ok(Document::Logs(decoded)) => {
            let records = decoded.map(|incoming| incoming.map(|incoming| incoming.record));
            import_items(place, "log record", records, report, |records, report| {
                report.logs_stored(sink.store_logs(records)?);
                Ok(())
            })
        }
        Err(reason) => {
            report.problem(format!("{place}: {reason}"));
            Ok(())
        }
    }
}

/// Stores the valid ones of spans or log records, some at a time.
fn import_items<T, E: Display>(
    place: &str,
    what: &str,
    items: impl Iterator<Item = Result<T, E>>,
    report: &mut Report,
    store: impl Fn(&[T], &mut Report) -> Result<(), SinkError>,
) -> Result<(), SinkError> {
    let mut chunk = Vec::new();
    for (number, item) in (1..).zip(items) {
        match item {
            Ok(item) => chunk.push(item),
            Err(reason) => {
                report.rejected += 1;
                report.problem(format!("{place}, {what} {number}: {reason}"));
            }
        }
        if chunk.len() >= sink::CHUNK {
            store(&chunk, report)?;
            chunk.clear();
        }
    }
    store(&chunk, report)
}

impl Report {
    fn logs_stored(&mut self, (stored, rejected): (u64, u64)) {
        self.logs += stored;
        self.rejected += rejected;
        if rejected > 0 {
            self.problem(format!("the backend rejected {rejected} log records"));
        }
    }

    fn stored(&mut self, (stored, rejected): (u64, u64)) {
        let before = self.spans;
        self.spans += stored;
        self.rejected += rejected;
        if rejected > 0 {
            self.problem(format!("the backend rejected {rejected} spans"));
        }
        if before / PROGRESS < self.spans / PROGRESS {
            eprintln!("otel-backend: {} spans imported so far", self.spans);
        }
    }

    fn problem(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            eprintln!("otel-backend: {problem}");
            self.problems.push(problem);
        }
    }

    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::json!(self));
        }
        let spans = format!("{} spans", self.spans);
        let stored = match (self.spans, self.logs) {
            (_, 0) => spans,
            (0, logs) => format!("{logs} log records"),
            (_, logs) => format!("{spans} and {logs} log records"),
        };
        eprintln!(
            "otel-backend: {stored} imported, {} rejected",
            self.rejected
        );
    }
}
