//! `get_logs`: the log records of a trace or of a service.

use std::time::Duration;

use super::{Tool, time};
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::quote::name;
use crate::api::mcp::tree::Tree;
use crate::model::{LogRecord, Severity, SpanId, TraceId, UnixNanos};
use crate::query::{LogOrder, LogSearch, LogText, Lookup, Patience};
use crate::store::LogScope;

pub(super) const TOOL: Tool = Tool {
    name: "get_logs",
    about: "Log records of a trace, oldest first, or of a service, newest first: time, severity, service, span, body",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    optional("trace_id", Kind::Text, ""),
    optional("span_id", Kind::Text, "of that trace"),
    optional("service_name", Kind::Text, ""),
    optional("min_severity", Kind::Text, "such as warn"),
    optional("search", Kind::Text, "text in it"),
    optional("start_time_min", Kind::Text, "default -1h without a trace"),
    optional("limit", Kind::Number, "default 50, at most 400"),
];

/// The longest part of a body or of an attribute's value, in characters.
const MAX_BODY: usize = 300;
const MAX_VALUE: usize = 80;

/// The most attributes of a record.
const MAX_ATTRIBUTES: usize = 8;

fn run(context: &Context, arguments: &Arguments, patience: &Patience) -> Result<String, Failure> {
    let (limit, is_given) = arguments.count("limit", 50, 400)?;
    let (trace, span) = place(context, arguments)?;
    let from = match (arguments.time("start_time_min")?, trace) {
        (Some(from), _) => from,
        (None, Some(_)) => UnixNanos(0),
        (None, None) => arguments.now().before(Duration::from_hours(1)),
    };
    let text = arguments
        .text("search")?
        .map(|text| LogText::new(&text))
        .transpose();
    let search = LogSearch {
        scope: LogScope {
            service: arguments.text("service_name")?,
            from,
            to: UnixNanos::MAX,
            severity: severity(arguments)?,
            trace,
        },
        text: text.map_err(|reason| Failure::new(reason.to_string()))?,
        span,
        limit,
        order: match trace {
            Some(_) => LogOrder::OldestFirst,
            None => LogOrder::NewestFirst,
        },
        after: None,
    };
    let found = context.query.logs(&search, patience)?;
    let mut lines = Lines::new(Budget::of(is_given));
    let more = if found.next.is_some() { " or more" } else { "" };
    lines.push(format!(
        "{}{more} log records since {}",
        found.logs.len(),
        time(from)
    ));
    for log in &found.logs {
        lines.push(log.with(|record| line(context, record, trace.is_none()))?);
    }
    if found.logs.is_empty() {
        lines.push("none matches: leave a condition out, or move start_time_min");
    }
    lines.leave_out(usize::from(found.next.is_some()));
    Ok(lines.end(
        "records or more",
        "limit shows more, min_severity and search fewer",
    ))
}

/// The requested trace and span. A trace may have records but no spans.
fn place(
    context: &Context,
    arguments: &Arguments,
) -> Result<(Option<TraceId>, Option<SpanId>), Failure> {
    let span = arguments.text("span_id")?;
    if arguments.text("trace_id")?.is_none() {
        return match span {
            None => Ok((None, None)),
            Some(_) => Err(Failure::new("span_id needs the trace_id, too")),
        };
    }
    let wanted = arguments.trace("trace_id")?;
    let Lookup::Found(trace) = context.query.find(&wanted)? else {
        return Ok((wanted.exact, None));
    };
    let Some(digits) = span else {
        return Ok((Some(trace.id), None));
    };
    let spans = trace.spans()?;
    let tree = Tree::new(&spans);
    let place = tree.find(&digits)?;
    Ok((Some(trace.id), tree.span(place).map(|span| span.span_id)))
}

fn severity(arguments: &Arguments) -> Result<Severity, Failure> {
    let Some(text) = arguments.text("min_severity")? else {
        return Ok(Severity::MIN);
    };
    Severity::parse(&text).ok_or_else(|| {
        Failure::new("min_severity must be trace, debug, info, warn, error, fatal or a number")
    })
}

/// Formats `2026-01-31T09:30:00.123Z ERROR shop span 00f067aa "it broke" user="7"`.
fn line(context: &Context, record: &LogRecord<'_>, names_trace: bool) -> String {
    let when = if record.time.0 == 0 {
        record.observed
    } else {
        record.time
    };
    let mut parts = vec![
        time(when),
        record.severity.name(),
        name(record.resource.service_name()),
    ];
    if let Some(trace) = record.trace_id.filter(|_| names_trace) {
        parts.push(format!("trace {trace}"));
    }
    if let Some(span) = record.span_id {
        parts.push(format!("span {span}"));
    }
    parts.push(context.secrets.text(&record.body.text(), MAX_BODY));
    let attributes = record.attributes.iter().take(MAX_ATTRIBUTES);
    parts.extend(attributes.map(|attribute| context.secrets.attribute(attribute, MAX_VALUE)));
    if record.attributes.len() > MAX_ATTRIBUTES {
        parts.push(format!(
            "… {} more",
            record.attributes.len() - MAX_ATTRIBUTES
        ));
    }
    parts.join(" ")
}
