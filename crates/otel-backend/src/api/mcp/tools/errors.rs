//! `get_trace_errors`: the failures in a trace, and their origin.

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::tree::{Tree, is_failed, millis};
use crate::model::{Event, Span};
use crate::query::Patience;

pub(super) const TOOL: Tool = Tool {
    name: "get_trace_errors",
    about: "Causes of a trace's failures: each failed span without failed children, its exception, first frames, and the chain up",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("trace_id", Kind::Text, ""),
    optional("limit", Kind::Number, "causes, default 10"),
];

/// The most lines of a stack trace.
const FRAMES: usize = 6;

/// The most ancestors named.
const CHAIN: usize = 12;

/// Attributes that describe a failure.
const TELLING: [&str; 8] = [
    "error.type",
    "error.message",
    "http.response.status_code",
    "http.status_code",
    "rpc.response.status_code",
    "rpc.grpc.status_code",
    "db.response.status_code",
    "db.query.text",
];

fn run(context: &Context, arguments: &Arguments, _: &Patience) -> Result<String, Failure> {
    let trace = context.trace(arguments, "trace_id")?;
    let spans = trace.spans()?;
    let tree = Tree::new(&spans);
    let (limit, is_given) = arguments.count("limit", 10, 50)?;
    let failed = |place: &usize| tree.span(*place).is_some_and(is_failed);
    let places = || 0..tree.len();
    let is_cause = |place: &usize| failed(place) && !tree.children(*place).iter().any(failed);
    let causes: Vec<_> = places().filter(is_cause).collect();
    let handled = |place: &usize| !failed(place) && tree.span(*place).is_some_and(has_exception);
    let handled: Vec<_> = places().filter(handled).collect();
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(context.head(&trace, &tree));
    lines.push(format!(
        "{} causes of failure, {} exceptions in spans that did not fail",
        causes.len(),
        handled.len()
    ));
    let total = causes.len() + handled.len();
    for place in causes.into_iter().chain(handled).take(limit) {
        push_cause(context, &tree, place, &mut lines);
    }
    lines.leave_out(total.saturating_sub(limit));
    Ok(lines.end(
        "causes or lines",
        "limit shows more, get_span_details all of one span",
    ))
}

fn push_cause(context: &Context, tree: &Tree<'_>, place: usize, lines: &mut Lines) {
    let Some(span) = tree.span(place) else { return };
    let secrets = context.secrets;
    lines.push(tree.line(place, secrets));
    let telling = span
        .attributes
        .iter()
        .filter(|it| TELLING.contains(&&*it.key));
    let telling: Vec<_> = telling
        .map(|attribute| secrets.attribute(attribute, 200))
        .collect();
    if !telling.is_empty() {
        lines.push(format!("  {}", telling.join(" ")));
    }
    for event in span.events.iter().filter(|event| is_exception(event)) {
        push_exception(context, span, event, lines);
    }
    let mut chain = Vec::new();
    let mut next = tree.parent(place);
    while let Some(parent) = next.filter(|_| chain.len() < CHAIN) {
        let failed = tree.span(parent).is_some_and(is_failed);
        let mark = if failed { " FAILED" } else { "" };
        chain.push(format!("{}{mark}", tree.title(parent)));
        next = tree.parent(parent);
    }
    if !chain.is_empty() {
        let more = if next.is_some() { " ← …" } else { "" };
        lines.push(format!("  called by {}{more}", chain.join(" ← ")));
    }
}

fn push_exception(context: &Context, span: &Span<'_>, event: &Event<'_>, lines: &mut Lines) {
    let text = |key: &str| {
        let attribute = event
            .attributes
            .iter()
            .find(|attribute| attribute.key == key);
        attribute.map(|attribute| attribute.value.text())
    };
    let offset = millis(event.time.since(span.start));
    let kind = text("exception.type").unwrap_or_default();
    let message = text("exception.message").unwrap_or_default();
    lines.push(format!(
        "  exception after {offset} ms: {} {}",
        context.secrets.text(&kind, 200),
        context.secrets.text(&message, 300)
    ));
    let trace = text("exception.stacktrace").unwrap_or_default();
    let frames: Vec<_> = trace
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    // Python writes the failed call last, other languages first.
    let is_reversed = trace.trim_start().starts_with("Traceback");
    let skipped = if is_reversed {
        frames.len().saturating_sub(FRAMES)
    } else {
        0
    };
    let shown = frames.iter().skip(skipped).take(FRAMES);
    for frame in shown {
        lines.push(format!("    {}", context.secrets.text(frame.trim(), 160)));
    }
}

fn has_exception(span: &Span<'_>) -> bool {
    span.events.iter().any(is_exception)
}

fn is_exception(event: &Event<'_>) -> bool {
    event.name == "exception"
}
