//! `otel-backend query`: answers a TraceQL query from the data directory.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use traceql::syntax::{Body, Pipeline};
use traceql::{Metrics, Series, Value, Window, WindowError};

use super::export::parse_time;
use crate::args::QueryArgs;
use crate::config::{Config, parse_age};
use crate::model::{Span, UnixNanos};
use crate::query::{
    MetricsSearch, Order, Patience, Search, SearchError, SpanBatch, Trace, TraceQuery, metrics_of,
    traces_of,
};
use crate::store::{Location, OpenError, Reader};

/// The reason why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The store is in memory.
    #[error(
        "a store in memory has no files: ask the backend that runs, with curl http://…/tempo/api/search?q=…"
    )]
    Memory,
    /// The directory cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The query is wrong.
    #[error("invalid TraceQL query: {0}")]
    Query(#[from] traceql::Error),
    /// The window is wrong.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// An argument is wrong.
    #[error("{flag}: '{text}' is not a {wanted}")]
    Argument {
        /// The flag.
        flag: &'static str,
        /// Its value.
        text: String,
        /// A description of valid values.
        wanted: &'static str,
    },
    /// The store cannot be read, or the query takes too long.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Write(#[from] io::Error),
    /// Some series are missing.
    #[error("there are more series than fit into memory: group by fields with fewer values")]
    Partial,
}

/// Prints the answer to standard output.
///
/// # Errors
/// [`QueryError`] if there is no answer.
pub fn run(config: &Config, args: &QueryArgs) -> Result<(), QueryError> {
    let Location::Directory(directory) = &config.store.location else {
        return Err(QueryError::Memory);
    };
    let query = traceql::parse(&args.query)?;
    let from = time("--from", &args.from)?;
    let to = args
        .to
        .as_deref()
        .map_or(Ok(UnixNanos::now()), |to| time("--to", to))?;
    let reader = Reader::of_directory(directory)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match query.body {
        Body::Search(pipeline) => search(&reader, &pipeline, (from, to), args, &mut out)?,
        Body::Metrics(metrics) => {
            let step = args.step.as_deref().map(step).transpose()?;
            let search = MetricsSearch {
                metrics: Arc::new(Metrics::new(&metrics)),
                window: Window::range(from.0, to.0, step)?,
            };
            let counted = metrics_of(&reader, &search, &Patience::new(|| false))?;
            for series in &counted.answer.series {
                write_series(series, args.json, &mut out)?;
            }
            if counted.answer.is_partial {
                out.flush()?;
                return Err(QueryError::Partial);
            }
        }
    }
    Ok(out.flush()?)
}

fn time(flag: &'static str, text: &str) -> Result<UnixNanos, QueryError> {
    parse_time(text).ok_or_else(|| QueryError::Argument {
        flag,
        text: text.to_owned(),
        wanted: "time, such as 2026-01-31T09:30:00Z, nor an age, such as 2h",
    })
}

fn step(text: &str) -> Result<u64, QueryError> {
    let step = parse_age(text)
        .ok()
        .flatten()
        .ok_or_else(|| QueryError::Argument {
            flag: "--step",
            text: text.to_owned(),
            wanted: "duration, such as 1m",
        })?;
    Ok(u64::try_from(step.as_nanos()).unwrap_or(u64::MAX))
}

fn search(
    reader: &Reader,
    pipeline: &Pipeline,
    (from, to): (UnixNanos, UnixNanos),
    args: &QueryArgs,
    out: &mut impl Write,
) -> Result<(), QueryError> {
    let search: Search = TraceQuery::search(pipeline, from, to, Order::Newest, args.limit);
    let mut written = Ok(());
    traces_of(reader, &search, &Patience::new(|| false), |trace| {
        if let (Ok(()), Some(query)) = (&written, &search.traces) {
            written = write_trace(&trace, query, args.json, out);
        }
    })?;
    Ok(written?)
}

fn write_trace(
    trace: &Trace,
    query: &TraceQuery,
    json: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let spans = trace.spans().map_err(io::Error::other)?;
    let batch = SpanBatch::of_trace(&spans);
    let found = query.search.evaluate(&batch);
    for set in found.traces.iter().flat_map(|trace| &trace.spansets) {
        for row in &set.rows {
            let fields = found.fields(*row as usize).into_iter();
            let of_set = set
                .attributes
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()));
            let fields: Vec<_> = of_set.chain(fields).collect();
            if let Some(span) = spans.get(*row as usize) {
                write_span(span, &fields, json, out)?;
            }
        }
    }
    Ok(())
}

fn write_span(
    span: &Span<'_>,
    fields: &[(&str, Value<'_>)],
    as_json: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let service = span.resource.service_name();
    if as_json {
        let attributes = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), to_json(value)));
        let line = json!({
            "traceID": span.trace_id.to_string(),
            "spanID": span.span_id.to_string(),
            "service": service,
            "name": span.name,
            "startTimeUnixNano": span.start.0.to_string(),
            "durationNanos": nanos(span).to_string(),
            "attributes": attributes.collect::<Map<_, _>>(),
        });
        return writeln!(out, "{line}");
    }
    let start = Timestamp::from_nanosecond(span.start.0.into()).unwrap_or(Timestamp::MAX);
    let duration = Value::Duration(i64::try_from(nanos(span)).unwrap_or(i64::MAX)).to_string();
    let (trace, id) = (span.trace_id.to_string(), span.span_id.to_string());
    write!(
        out,
        "{start:.3}  {trace}  {id}  {duration:>12}  {service:<16}  {}",
        span.name
    )?;
    for (name, value) in fields {
        write!(out, "  {name}={value}")?;
    }
    writeln!(out)
}

fn nanos(span: &Span<'_>) -> u64 {
    span.end.0.saturating_sub(span.start.0)
}

fn write_series(series: &Series, as_json: bool, out: &mut impl Write) -> io::Result<()> {
    if as_json {
        let labels = series
            .labels
            .iter()
            .map(|(name, value)| (name.clone(), to_json(value)));
        let line = json!({
            "labels": labels.collect::<Map<_, _>>(),
            "points": series.points,
        });
        return writeln!(out, "{line}");
    }
    let labels = series
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let labels = labels.collect::<Vec<_>>().join("  ");
    for (millis, value) in &series.points {
        let millis = i64::try_from(*millis).unwrap_or(i64::MAX);
        let time = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        writeln!(out, "{time}  {value:>14}  {labels}")?;
    }
    Ok(())
}

fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Float(float) => (*float).into(),
        other => other.to_string().into(),
    }
}
