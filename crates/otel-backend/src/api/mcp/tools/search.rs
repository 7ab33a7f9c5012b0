//! `search_traces`: the matching traces, newest or slowest first.

use std::cmp::Reverse;
use std::time::Duration;

use super::{Tool, summary};
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::quote::name;
use crate::api::mcp::sample;
use crate::api::mcp::suggest::nearest;
use crate::model::UnixNanos;
use crate::query::{Patience, Query, Search, Tag};

pub(super) const TOOL: Tool = Tool {
    name: "search_traces",
    about: "Traces with a span that matches: id, duration, spans, services, root, first failure",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    optional("service_name", Kind::Text, ""),
    optional("span_name", Kind::Text, "whole name"),
    optional(
        "attributes",
        Kind::Map,
        "of span, resource or event, such as {\"order.id\": \"4711\"}",
    ),
    optional("status", Kind::Text, "error, ok or unset"),
    optional("with_errors", Kind::Flag, ""),
    optional("duration_min", Kind::Text, "of the span, such as 250ms"),
    optional("duration_max", Kind::Text, ""),
    optional("start_time_min", Kind::Text, "default -1h"),
    optional("start_time_max", Kind::Text, "default now"),
    optional("order", Kind::Text, "newest (default) or slowest"),
    optional("limit", Kind::Number, "default 10, at most 50"),
    optional("search_depth", Kind::Number, "the same as limit"),
    optional("cursor", Kind::Text, "of the last line"),
];

/// The most traces compared to find the slowest.
const MAX_COMPARED: usize = 1_000;

/// The most traces that a cursor may skip.
const MAX_PASSED: usize = 1_000;

/// The start of the next page: the number of traces to skip, counted back from a time.
struct Cursor {
    passed: usize,
    to: UnixNanos,
}

fn run(context: &Context, arguments: &Arguments, patience: &Patience) -> Result<String, Failure> {
    let (depth, depth_is_given) = arguments.count("search_depth", 10, 50)?;
    let (limit, is_given) = arguments.count("limit", depth, 50)?;
    let cursor = Cursor::read(arguments)?;
    let search = Search {
        limit: cursor.passed + limit + 1,
        to: cursor.to,
        ..search(arguments)?
    };
    let (found, order) = match arguments.text("order")?.as_deref() {
        None | Some("newest") => (newest(&context.query, &search, patience)?, "newest"),
        Some("slowest") => (slowest(&context.query, &search, patience)?, "slowest"),
        Some(other) => {
            return Err(Failure::new(format!(
                "order must be newest or slowest, not {other:?}"
            )));
        }
    };
    if found.is_empty() {
        return nothing(context, arguments, patience, &search);
    }
    let digits = summary::digits_of(&found);
    let page: Vec<_> = found.iter().skip(cursor.passed).take(limit).collect();
    let mut lines = Lines::new(Budget::of(is_given || depth_is_given));
    lines.push(format!(
        "{} traces from {} to {}, {order} first: id, start, duration",
        page.len(),
        super::time(search.from),
        super::time(search.to),
    ));
    let mut shown = 0;
    for trace in page {
        shown += usize::from(lines.push(trace.line(digits, context.secrets)));
    }
    let more = found.len().saturating_sub(cursor.passed + shown);
    lines.leave_out(more.saturating_sub(lines.left_out()));
    let next = Cursor {
        passed: cursor.passed + shown,
        to: cursor.to,
    };
    let how = format!(
        "cursor={} shows the next; there may be more than were counted",
        next.text()
    );
    Ok(lines.end("traces", &how))
}

/// The search for these arguments.
fn search(arguments: &Arguments) -> Result<Search, Failure> {
    let hour = arguments.now().before(Duration::from_hours(1));
    let tag = |(key, value)| Tag { key, value };
    let mut tags: Vec<_> = arguments.map("attributes")?.into_iter().map(tag).collect();
    let status = match (arguments.text("status")?, arguments.flag("with_errors")?) {
        (Some(status), _) => Some(status.to_uppercase()),
        (None, true) => Some("ERROR".to_owned()),
        (None, false) => None,
    };
    if let Some(status) = status {
        if !["ERROR", "OK", "UNSET"].contains(&status.as_str()) {
            return Err(Failure::new("status must be error, ok or unset"));
        }
        tags.push(tag(("span.status".to_owned(), status)));
    }
    Ok(Search {
        service: arguments.text("service_name")?,
        operation: arguments.text("span_name")?,
        from: arguments.time("start_time_min")?.unwrap_or(hour),
        min_duration: arguments.duration("duration_min")?.unwrap_or_default(),
        max_duration: arguments.duration("duration_max")?,
        tags,
        ..Search::default()
    })
}

fn newest(
    query: &Query,
    search: &Search,
    patience: &Patience,
) -> Result<Vec<summary::Summary>, Failure> {
    let hits = query.search(search, patience)?;
    let mut found = Vec::new();
    for trace in query.traces(hits) {
        patience.check()?;
        found.push(summary::Summary::of(&trace?)?);
    }
    Ok(found)
}

/// The slowest of the newest matching traces.
fn slowest(
    query: &Query,
    search: &Search,
    patience: &Patience,
) -> Result<Vec<summary::Summary>, Failure> {
    let all = Search {
        limit: MAX_COMPARED,
        ..search.clone()
    };
    let mut found = newest(query, &all, patience)?;
    found.sort_by_key(|trace| Reverse(trace.duration));
    found.truncate(search.limit);
    Ok(found)
}

/// The answer if nothing matches: the condition that has no match at all, similar names, and the
/// time of the last match.
pub(super) fn nothing(
    context: &Context,
    arguments: &Arguments,
    patience: &Patience,
    search: &Search,
) -> Result<String, Failure> {
    let mut lines = Lines::new(Budget::Usual);
    lines.push(format!(
        "0 traces match from {} to {}",
        super::time(search.from),
        super::time(search.to.min(arguments.now())),
    ));
    let query = &context.query;
    if let Some(service) = &search.service {
        let services = context.services()?;
        if !services.contains(service) {
            let near = list(service, services.iter().map(String::as_str));
            lines.push(format!("there is no service {}{near}", name(service)));
            return Ok(lines.end("lines", ""));
        }
    }
    if let Some(operation) = &search.operation {
        let operations = context.operations(search.service.as_deref())?;
        if !operations.contains(operation) {
            let near = list(operation, operations.iter().map(String::as_str));
            lines.push(format!("there is no operation {}{near}", name(operation)));
            return Ok(lines.end("lines", ""));
        }
    }
    let any_time = Search {
        from: UnixNanos(0),
        to: UnixNanos::MAX,
        limit: 1,
        ..search.clone()
    };
    if let Some(trace) = newest(query, &any_time, patience)?.first() {
        let age = sample::ago(arguments.now().since(trace.start));
        lines.push(format!(
            "the newest that matches began at {} ({age}): move start_time_min or since",
            super::time(trace.start)
        ));
        return Ok(lines.end("lines", ""));
    }
    if !search.tags.is_empty() {
        let keys = context.keys(patience)?;
        for tag in search.tags.iter().filter(|tag| tag.key != "span.status") {
            let known = keys.iter().any(|key| *key == tag.key);
            let said = if known {
                format!("no such span has {} with this value", name(&tag.key))
            } else {
                let near = list(&tag.key, keys.iter().map(String::as_str));
                format!("no new span has the attribute {}{near}", name(&tag.key))
            };
            lines.push(said);
        }
    }
    lines.push("nothing matches at any time: leave a condition out");
    Ok(lines.end("lines", ""))
}

/// Similar names, or else some of all names.
fn list<'n>(wanted: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    let near = nearest(wanted, names.clone(), 5);
    let (words, found) = match near.as_slice() {
        [] => ("there are", names.take(10).collect()),
        _ => ("perhaps", near),
    };
    let found: Vec<_> = found.into_iter().map(name).collect();
    match found.as_slice() {
        [] => String::new(),
        found => format!("; {words}: {}", found.join(", ")),
    }
}

impl Cursor {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        let to = arguments.time("start_time_max")?.unwrap_or(arguments.now());
        let Some(text) = arguments.text("cursor")? else {
            return Ok(Self { passed: 0, to });
        };
        let parts = text.split_once('@');
        let read = parts.and_then(|(passed, to)| {
            Some(Self {
                passed: passed.parse().ok().filter(|passed| *passed <= MAX_PASSED)?,
                to: UnixNanos(to.parse().ok()?),
            })
        });
        read.ok_or_else(|| {
            Failure::new(
                "cursor must be as the last line of an answer had it, with the same arguments",
            )
        })
    }

    fn text(&self) -> String {
        format!("{}@{}", self.passed, self.to.0)
    }
}
