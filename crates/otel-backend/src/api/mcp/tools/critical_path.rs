//! `get_critical_path`: where the time of a trace was spent.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Tool;
use super::topology::alike;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::critical_path::{self, Segment};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::tree::{Operation, Tree, millis, operation};
use crate::query::Patience;

pub(super) const TOOL: Tool = Tool {
    name: "get_critical_path",
    about: "Where a trace's time went: own time by operation on the critical path, gaps that no child span covers, queries in a loop (N+1)",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("trace_id", Kind::Text, ""),
    optional("limit", Kind::Number, "default 15"),
];

/// The most gaps and loops shown.
const SHOWN: usize = 5;

/// The least number of similar siblings, one after the other, that is called a loop.
const LOOP: usize = 5;

/// The own time of an operation on the path.
#[derive(Default)]
struct Share {
    time: Duration,
    spans: Vec<usize>,
}

fn run(context: &Context, arguments: &Arguments, _: &Patience) -> Result<String, Failure> {
    let trace = context.trace(arguments, "trace_id")?;
    let spans = trace.spans()?;
    let tree = Tree::new(&spans);
    let (limit, is_given) = arguments.count("limit", 15, 200)?;
    let Some(root) = tree.main_root() else {
        return Err(Failure::new("the trace has no span that can be read"));
    };
    let path = critical_path::of(&tree, root);
    let total: Duration = path.iter().map(Segment::duration).sum();
    let mut shares = BTreeMap::<Operation<'_>, Share>::new();
    for segment in &path {
        if let Some(span) = tree.span(segment.place) {
            let share = shares.entry(operation(span)).or_default();
            share.time += segment.duration();
            share.spans.push(segment.place);
        }
    }
    let mut shares: Vec<_> = shares.into_iter().collect();
    shares.sort_by_key(|(_, share)| Reverse(share.time));
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(context.head(&trace, &tree));
    lines.push(format!(
        "critical path of {}: {} ms; own time by operation:",
        tree.title(root),
        millis(total)
    ));
    for (operation, share) in shares.iter_mut().take(limit) {
        lines.push(share_line(&tree, operation, share, total));
    }
    lines.leave_out(shares.len().saturating_sub(limit));
    push_gaps(&tree, &path, total, &mut lines);
    push_loops(context, &tree, &mut lines);
    Ok(lines.end("lines", "limit shows more operations"))
}

fn share_line(
    tree: &Tree<'_>,
    operation: &Operation<'_>,
    share: &mut Share,
    total: Duration,
) -> String {
    let percent = 100.0 * share.time.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE);
    share.spans.sort_unstable();
    share.spans.dedup();
    let first = share.spans.first().and_then(|place| tree.span(*place));
    let id = first.map(|span| tree.id(span)).unwrap_or_default();
    format!(
        "{} ms ({percent:.0}%) {operation}: {} spans, such as {id}",
        millis(share.time),
        share.spans.len()
    )
}

/// Lists the longest periods in which a span with children waited for none of them.
fn push_gaps(tree: &Tree<'_>, path: &[Segment], total: Duration, lines: &mut Lines) {
    let has_children = |segment: &&Segment| !tree.children(segment.place).is_empty();
    let mut gaps: Vec<_> = path.iter().filter(has_children).collect();
    gaps.retain(|gap| gap.duration() * 50 >= total);
    gaps.sort_by_key(|gap| Reverse(gap.duration()));
    if !gaps.is_empty() {
        lines.push("gaps, in which a span waited for no child span:");
    }
    for gap in gaps.into_iter().take(SHOWN) {
        let children = || tree.children(gap.place).iter().copied();
        let end = |place: &usize| tree.span(*place).map(|span| span.end);
        let start = |place: &usize| tree.span(*place).map(|span| span.start);
        let before = children()
            .filter(|child| end(child) <= Some(gap.from))
            .max_by_key(end);
        let after = children()
            .filter(|child| start(child) >= Some(gap.to))
            .min_by_key(start);
        let place = match (before, after) {
            (Some(before), Some(after)) => {
                format!("between {} and {}", tree.title(before), tree.title(after))
            }
            (Some(before), None) => format!("after {}", tree.title(before)),
            (None, Some(after)) => format!("before {}", tree.title(after)),
            (None, None) => "beside its children".to_owned(),
        };
        let id = tree.span(gap.place).map(|span| tree.id(span));
        lines.push(format!(
            "{} ms at +{} in {id} {}, {place}",
            millis(gap.duration()),
            millis(gap.from.since(tree.start())),
            tree.title(gap.place),
            id = id.unwrap_or_default(),
        ));
    }
}

/// Lists similar siblings that follow one another.
fn push_loops(context: &Context, tree: &Tree<'_>, lines: &mut Lines) {
    let mut loops = Vec::new();
    for (parent, node) in tree.nodes().filter(|(_, node)| node.children.len() >= LOOP) {
        let mut by_operation = BTreeMap::<Operation<'_>, Vec<usize>>::new();
        for child in &node.children {
            if let Some(span) = tree.span(*child) {
                by_operation
                    .entry(operation(span))
                    .or_default()
                    .push(*child);
            }
        }
        let groups = by_operation
            .into_iter()
            .filter(|(_, places)| places.len() >= LOOP);
        loops.extend(groups.map(|(operation, places)| (parent, operation, alike(tree, &places))));
    }
    loops.retain(|(_, _, alike)| !alike.overlap);
    loops.sort_by_key(|(_, _, alike)| Reverse(alike.total));
    if !loops.is_empty() {
        lines.push("loops, in which similar spans follow one another (N+1):");
    }
    lines.leave_out(loops.len().saturating_sub(SHOWN));
    for (parent, operation, alike) in loops.into_iter().take(SHOWN) {
        let below = tree.line(parent, context.secrets);
        lines.push(format!(
            "×{} {operation}: {}; below {below}",
            alike.count,
            alike.words()
        ));
    }
}
