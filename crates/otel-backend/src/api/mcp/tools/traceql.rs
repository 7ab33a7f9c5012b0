//! `search_traceql`: the traces that a TraceQL query finds, with their matching spans.

use std::time::Duration;

use ::traceql::syntax::Body;

use super::summary::{Summary, digits_of};
use super::{Tool, time};
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::tree::Tree;
use crate::query::{Order, Patience, SpanBatch, TraceQuery, Watched};

pub(super) const TOOL: Tool = Tool {
    name: "search_traceql",
    about: "Newest traces that match TraceQL, such as { resource.service.name = \"shop\" && span.order.id = 4711 && duration > 1s }, with the matching spans",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("query", Kind::Text, "no metrics"),
    optional("start_time_min", Kind::Text, "default -1h"),
    optional("start_time_max", Kind::Text, ""),
    optional("limit", Kind::Number, "default 10, at most 50"),
];

/// The most matching spans shown for a trace.
const SPANS: usize = 3;

fn run(context: &Context, arguments: &Arguments, patience: &Patience) -> Result<String, Failure> {
    let text = arguments.required("query")?;
    let parsed = ::traceql::parse(&text);
    let query =
        parsed.map_err(|reason| Failure::new(format!("the query is not TraceQL: {reason}")))?;
    let Body::Search(pipeline) = query.body else {
        let what = "metrics are not answered here: leave the function out, or ask get_span_names";
        return Err(Failure::new(what));
    };
    let hour = arguments.now().before(Duration::from_hours(1));
    let from = arguments.time("start_time_min")?.unwrap_or(hour);
    let to = arguments.time("start_time_max")?.unwrap_or(arguments.now());
    let (limit, is_given) = arguments.count("limit", 10, 50)?;
    let search = TraceQuery::search(&pipeline, from, to, Order::Newest, limit + 1);
    let hits = context.query.search(&search, patience)?;
    let mut found = Vec::new();
    for trace in context.query.traces(hits) {
        patience.check()?;
        let trace = trace?;
        let spans = trace.spans()?;
        let tree = Tree::new(&spans);
        let mut matching = Vec::new();
        if let Some(query) = &search.traces {
            let batch = SpanBatch::of_trace(&spans);
            let batch = Watched::new(&batch, patience);
            let evaluated = query.search.evaluate(&batch);
            patience.check()?;
            let sets = evaluated.traces.iter().flat_map(|trace| &trace.spansets);
            let rows = sets.flat_map(|set| &set.rows);
            matching.extend(rows.map(|row| tree.line(*row as usize, context.secrets)));
        }
        found.push((Summary::of(&trace)?, matching));
    }
    let (summaries, matching): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let digits = digits_of(&summaries);
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(format!(
        "{} traces match from {} to {}, newest first; below each, spans that match",
        summaries.len().min(limit),
        time(from),
        time(to),
    ));
    for (summary, matching) in summaries.iter().zip(&matching).take(limit) {
        if !lines.push(summary.line(digits, context.secrets)) {
            continue;
        }
        for line in matching.iter().take(SPANS) {
            lines.push(format!("  {line}"));
        }
        if let Some(more) = matching.len().checked_sub(SPANS + 1) {
            lines.push(format!("  … {} more", more + 1));
        }
    }
    if summaries.is_empty() {
        lines.push("widen start_time_min, or ask get_span_names with attributes=true for the keys there are");
    }
    lines.leave_out(summaries.len().saturating_sub(limit));
    Ok(lines.end("traces or more", "limit or start_time_max shows others"))
}
