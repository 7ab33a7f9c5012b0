//! `get_trace_topology`: the spans of a trace as an indented tree.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::tree::{Operation, Tree, is_failed, millis, operation};
use crate::model::Span;
use crate::query::Patience;

pub(super) const TOOL: Tool = Tool {
    name: "get_trace_topology",
    about: "A trace as an indented tree: span id, operation [service], kind, +start, duration. Similar siblings are one line (×37), with the slowest one's children",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required(
        "trace_id",
        Kind::Text,
        "or its first digits, or a traceparent",
    ),
    optional("root_span_id", Kind::Text, "only below this span"),
    optional("depth", Kind::Number, ""),
    optional("min_duration", Kind::Text, "hides shorter spans"),
    optional("limit", Kind::Number, "lines, default 80, at most 400"),
];

/// The least number of similar siblings that are shown as one line.
const ALIKE: usize = 3;

/// The depth at which indentation stops growing.
const MAX_INDENT: usize = 24;

/// A line of the tree.
struct Entry {
    depth: usize,
    /// The spans that the line stands for, sorted by start.
    places: Vec<usize>,
}

/// Similar siblings.
#[derive(Debug)]
pub(super) struct Alike {
    pub(super) count: usize,
    pub(super) total: Duration,
    shortest: Duration,
    longest: Duration,
    pub(super) overlap: bool,
    slowest: usize,
}

fn run(context: &Context, arguments: &Arguments, _: &Patience) -> Result<String, Failure> {
    let trace = context.trace(arguments, "trace_id")?;
    let spans = trace.spans()?;
    let tree = Tree::new(&spans);
    let (limit, is_given) = arguments.count("limit", 80, 400)?;
    let depth = match arguments.count("depth", 0, 1_000)? {
        (depth, true) => depth,
        _ => usize::MAX,
    };
    let shortest = arguments.duration("min_duration")?.unwrap_or_default();
    let roots = match arguments.text("root_span_id")? {
        Some(id) => vec![tree.find(&id)?],
        None => tree.roots().to_vec(),
    };
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(context.head(&trace, &tree));
    let mut next: Vec<_> = groups(&tree, &roots, shortest, 0);
    next.reverse();
    let mut shown = 0;
    let mut represented = 0;
    while let Some(entry) = next.pop() {
        let Some(first) = entry.places.first() else {
            continue;
        };
        if shown == limit || !lines.push(line(context, &tree, &entry)) {
            break;
        }
        shown += 1;
        represented += entry.places.len();
        let opened = match alike(&tree, &entry.places) {
            alike if alike.count >= ALIKE => {
                represented += others_below(&tree, &entry.places, alike.slowest);
                alike.slowest
            }
            _ => *first,
        };
        if entry.depth + 1 < depth {
            let mut below = groups(&tree, tree.children(opened), shortest, entry.depth + 1);
            below.reverse();
            next.append(&mut below);
        }
    }
    let total: usize = roots.iter().map(|root| tree.below(*root).len()).sum();
    let hidden = total.saturating_sub(represented);
    lines.leave_out(hidden.saturating_sub(lines.left_out()));
    let how = "limit shows more, root_span_id=ID what is below a span; depth and min_duration hide";
    Ok(lines.end("spans", how))
}

/// The number of spans below all but one of these.
fn others_below(tree: &Tree<'_>, places: &[usize], opened: usize) -> usize {
    let others = places.iter().filter(|place| **place != opened);
    others.map(|place| tree.below(*place).len() - 1).sum()
}

/// Groups siblings by similarity, in the order of the first of each group.
fn groups(tree: &Tree<'_>, places: &[usize], shortest: Duration, depth: usize) -> Vec<Entry> {
    let mut by_operation = BTreeMap::<(Operation<'_>, bool), Vec<usize>>::new();
    for place in places {
        if let Some(span) = tree.span(*place).filter(|span| span.duration() >= shortest) {
            let key = (operation(span), is_failed(span));
            by_operation.entry(key).or_default().push(*place);
        }
    }
    let groups = by_operation.into_values().flat_map(|places| {
        if places.len() >= ALIKE {
            return vec![places];
        }
        places.into_iter().map(|place| vec![place]).collect()
    });
    let mut groups: Vec<_> = groups.map(|places| Entry { depth, places }).collect();
    groups.sort_by_key(|entry| entry.places.first().copied());
    groups
}

fn line(context: &Context, tree: &Tree<'_>, entry: &Entry) -> String {
    let indent = "  ".repeat(entry.depth.min(MAX_INDENT));
    let alike = alike(tree, &entry.places);
    if alike.count < ALIKE {
        let place = entry.places.first().copied().unwrap_or_default();
        return format!("{indent}{}", tree.line(place, context.secrets));
    }
    let slowest = tree.line(alike.slowest, context.secrets);
    format!(
        "{indent}×{} {}; slowest: {slowest}",
        alike.count,
        alike.words()
    )
}

/// The common description of siblings.
pub(super) fn alike(tree: &Tree<'_>, places: &[usize]) -> Alike {
    let spans: Vec<_> = places
        .iter()
        .filter_map(|place| Some((*place, tree.span(*place)?)))
        .collect();
    let durations = || spans.iter().map(|(_, span)| span.duration());
    let slowest = spans.iter().max_by_key(|(_, span)| span.duration());
    let overlap = |[(_, one), (_, other)]: &[(usize, &Span<'_>); 2]| other.start < one.end;
    Alike {
        count: spans.len(),
        total: durations().sum(),
        shortest: durations().min().unwrap_or_default(),
        longest: durations().max().unwrap_or_default(),
        overlap: spans.array_windows().any(overlap),
        slowest: slowest.map_or(0, |(place, _)| *place),
    }
}

impl Alike {
    /// Formats `in all 2890 ms, 70–85 ms each, one after another`.
    pub(super) fn words(&self) -> String {
        format!(
            "in all {} ms, {}–{} ms each, {}",
            millis(self.total),
            millis(self.shortest),
            millis(self.longest),
            if self.overlap {
                "overlapping"
            } else {
                "one after another"
            },
        )
    }
}
