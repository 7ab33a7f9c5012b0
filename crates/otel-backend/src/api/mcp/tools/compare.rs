//! `compare_traces`: the differences between two traces, operation by operation.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::critical_path::self_time;
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::tree::{Operation, Tree, is_failed, millis, operation};
use crate::query::Patience;

pub(super) const TOOL: Tool = Tool {
    name: "compare_traces",
    about: "What differs between two traces by operation: calls, own time (without children), failures; then what is new and missing",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("base_trace_id", Kind::Text, "before"),
    required("compare_trace_id", Kind::Text, "after"),
    optional("limit", Kind::Number, "default 20"),
];

/// The work of an operation in a trace.
#[derive(Debug, Default, Clone, Copy)]
struct Work {
    calls: usize,
    failed: usize,
    own: Duration,
}

fn run(context: &Context, arguments: &Arguments, _: &Patience) -> Result<String, Failure> {
    let (limit, is_given) = arguments.count("limit", 20, 200)?;
    let base = context.trace(arguments, "base_trace_id")?;
    let other = context.trace(arguments, "compare_trace_id")?;
    let (base_spans, other_spans) = (base.spans()?, other.spans()?);
    let (base_tree, other_tree) = (Tree::new(&base_spans), Tree::new(&other_spans));
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(format!("base: {}", context.head(&base, &base_tree)));
    lines.push(format!("compare: {}", context.head(&other, &other_tree)));
    let before = by_operation(&base_tree);
    let after = by_operation(&other_tree);
    let mut all: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let of = |works: &BTreeMap<Operation<'_>, Work>, operation| {
        works.get(operation).copied().unwrap_or_default()
    };
    let mut rows: Vec<_> = all
        .iter()
        .map(|operation| (operation, of(&before, operation), of(&after, operation)))
        .collect();
    rows.sort_by_key(|(_, one, other)| Reverse(one.own.abs_diff(other.own)));
    lines.push("own time by operation, the largest difference first:");
    for (operation, one, other) in rows.iter().take(limit) {
        lines.push(row(operation, *one, *other));
    }
    lines.leave_out(rows.len().saturating_sub(limit));
    Ok(lines.end("operations", "limit shows more"))
}

fn by_operation<'t>(tree: &'t Tree<'_>) -> BTreeMap<Operation<'t>, Work> {
    let mut works = BTreeMap::<_, Work>::new();
    for (place, node) in tree.nodes() {
        let work = works.entry(operation(node.span)).or_default();
        work.calls += 1;
        work.failed += usize::from(is_failed(node.span));
        work.own += self_time(tree, place);
    }
    works
}

fn row(operation: &Operation<'_>, one: Work, other: Work) -> String {
    let sign = if other.own < one.own { '-' } else { '+' };
    let difference = millis(one.own.abs_diff(other.own));
    let mark = match (one.calls, other.calls) {
        (0, _) => "NEW ",
        (_, 0) => "MISSING ",
        _ => "",
    };
    let failed = if one.failed == other.failed {
        String::new()
    } else {
        format!(", {} → {} failed", one.failed, other.failed)
    };
    format!(
        "{sign}{difference} ms {mark}{operation}: {} → {} ms, {} → {} calls{failed}",
        millis(one.own),
        millis(other.own),
        one.calls,
        other.calls
    )
}
