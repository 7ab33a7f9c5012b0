//! `otel-backend export`: writes traces or log records of the data directory as JSON, or traces as Parquet.
//!
//! A running backend may be using the files: SQLite gives a reader a consistent state while the
//! writer goes on.

mod logs;
#[cfg(feature = "parquet")]
mod parquet;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::args::{Export, Format};
use crate::config::{Config, parse_age};
use crate::format::jaeger::{Detail, Form, write_trace};
use crate::format::json::JsonWriter;
use crate::format::otlp::{Dialect, write_resource_spans};
use crate::model::{TraceId, UnixNanos, from_short_hex};
use crate::query::{Selection, Trace, walk};
use crate::store::{Location, OpenError, ReadError, Reader};

/// The reason why traces were not exported, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store is in memory.
    #[error(
        "a store in memory has no files: ask the backend that runs, with curl http://…/api/traces?service=…, or export from a --data-dir"
    )]
    Memory,
    /// The directory cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An argument is wrong.
    #[error("{flag}: {reason}")]
    Argument {
        /// The flag.
        flag: &'static str,
        /// The error.
        reason: String,
    },
    /// The output cannot be written.
    #[error("cannot write to {path}: {source}")]
    Write {
        /// The output.
        path: String,
        /// The error.
        source: io::Error,
    },
    /// Some traces are too large to be written completely.
    #[error("{0} traces are larger than 64 MiB, and only their beginnings were exported")]
    Cut(usize),
}

/// Writes the selected traces.
///
/// # Errors
/// [`ExportError`] if not everything could be written.
pub fn run(config: &Config, args: &Export) -> Result<(), ExportError> {
    let Location::Directory(directory) = &config.store.location else {
        return Err(ExportError::Memory);
    };
    let selection = selection(args)?;
    if args.logs && args.format != Format::Otlp {
        return Err(ExportError::Argument {
            flag: "--logs",
            reason: "log records are written as OTLP only: leave --format out".to_owned(),
        });
    }
    let reader = Reader::of_directory(directory)?;
    let path = args.output.as_deref().unwrap_or("standard output");
    let write_error = |source| ExportError::Write {
        path: path.to_owned(),
        source,
    };
    let out: Box<dyn Write + Send> = match &args.output {
        Some(path) => Box::new(File::create(path).map_err(write_error)?),
        None => Box::new(io::stdout()),
    };
    if args.logs {
        let written = logs::write(&reader, &selection, &mut BufWriter::new(out), write_error)?;
        eprintln!("otel-backend: {written} log records exported");
        return Ok(());
    }
    let sink = Sink::new(args.format, BufWriter::new(out)).map_err(write_error)?;
    let mut out = Output {
        sink,
        traces: 0,
        spans: 0,
        cut: 0,
    };
    let end = walk(&reader, &selection, |trace| match out.write(&trace) {
        Ok(()) => ControlFlow::Continue(()),
        Err(reason) => ControlFlow::Break(reason),
    })?;
    if let ControlFlow::Break(source) = end {
        return Err(write_error(source));
    }
    let Output {
        sink,
        traces,
        spans,
        cut,
    } = out;
    sink.end().map_err(write_error)?;
    eprintln!("otel-backend: {traces} traces with {spans} spans exported");
    match cut {
        0 => Ok(()),
        cut => Err(ExportError::Cut(cut)),
    }
}

fn selection(args: &Export) -> Result<Selection, ExportError> {
    let time = |flag, text: &Option<String>, otherwise| match text {
        None => Ok(otherwise),
        Some(text) => parse_time(text).ok_or_else(|| ExportError::Argument {
            flag,
            reason: format!(
                "'{text}' is neither a time, such as 2026-01-31T09:30:00Z, nor an age, such as 2h"
            ),
        }),
    };
    let id = |text: &String| {
        let id = from_short_hex(text).and_then(|id| TraceId::new(id).ok());
        id.ok_or_else(|| ExportError::Argument {
            flag: "--trace",
            reason: format!("'{text}' is not a trace id"),
        })
    };
    Ok(Selection {
        service: args.service.clone(),
        from: time("--from", &args.from, UnixNanos(0))?,
        to: time("--to", &args.to, UnixNanos::MAX)?,
        traces: args.traces.iter().map(id).collect::<Result<_, _>>()?,
    })
}

pub(super) fn parse_time(text: &str) -> Option<UnixNanos> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        let nanos = u64::try_from(time.as_nanosecond()).ok()?;
        return Some(UnixNanos(nanos));
    }
    let age: Option<Duration> = parse_age(text).ok()?;
    Some(UnixNanos::now().before(age?))
}

/// The output of an export, and what was written to it.
struct Output<W: Write + Send> {
    sink: Sink<W>,
    traces: usize,
    spans: usize,
    cut: usize,
}

/// The destination of traces, by format.
enum Sink<W: Write + Send> {
    Otlp(W),
    Jaeger(W),
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::SpanFile<W>>),
}

/// The number of traces between progress lines.
const PROGRESS: usize = 100_000;

impl<W: Write + Send> Output<W> {
    fn write(&mut self, trace: &Trace) -> io::Result<()> {
        let raw = !matches!(self.sink, Sink::Jaeger(_));
        let spans = trace.iter_as(raw, None).map_err(io::Error::other)?;
        match &mut self.sink {
            Sink::Otlp(out) => {
                JsonWriter::new(&mut *out, false).object(|data| {
                    data.member("resourceSpans")?.list(|list| {
                        self.spans += write_resource_spans(list, Dialect::Otlp, spans)?;
                        io::Result::Ok(())
                    })
                })?;
                out.write_all(b"\n")?;
            }
            Sink::Jaeger(out) => {
                out.write_all(if self.traces > 0 { b",\n" } else { b"\n" })?;
                let form = Form::whole(Detail::Jaeger);
                let mut json = JsonWriter::new(out, false);
                self.spans += write_trace(&mut json, trace.id, spans, form)?;
            }
            #[cfg(feature = "parquet")]
            Sink::Parquet(file) => {
                for span in spans {
                    file.push(&span)?;
                    self.spans += 1;
                }
            }
        }
        self.traces += 1;
        self.cut += usize::from(trace.cut);
        if self.traces.is_multiple_of(PROGRESS) {
            eprintln!("otel-backend: {} traces exported so far", self.traces);
        }
        Ok(())
    }
}

impl<W: Write + Send> Sink<W> {
    fn new(format: Format, mut out: W) -> io::Result<Self> {
        Ok(match format {
            Format::Otlp => Self::Otlp(out),
            Format::Jaeger => {
                out.write_all(b"{\"data\":[")?;
                Self::Jaeger(out)
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => Self::Parquet(Box::new(parquet::SpanFile::new(out)?)),
        })
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Otlp(mut out) => out.flush(),
            Self::Jaeger(mut out) => {
                out.write_all(b"\n]}\n")?;
                out.flush()
            }
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.finish(),
        }
    }
}
