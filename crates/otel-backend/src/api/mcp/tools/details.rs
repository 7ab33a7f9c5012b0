//! `get_span_details`: everything about some spans.

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::quote::name;
use crate::api::mcp::tree::{Tree, millis};
use crate::model::{Attribute, Span};
use crate::query::Patience;

pub(super) const TOOL: Tool = Tool {
    name: "get_span_details",
    about: "Attributes, resource, scope, events and links of spans",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("trace_id", Kind::Text, ""),
    required("span_ids", Kind::Texts, "1 to 20, first digits suffice"),
    optional(
        "keys",
        Kind::Texts,
        "only attributes whose keys hold one of these",
    ),
    optional("max_value_chars", Kind::Number, "default 300, at most 4000"),
];

/// The most spans in one request.
const MAX_SPANS: usize = 20;

/// The style in which attributes are shown.
struct Style<'c> {
    context: &'c Context,
    keys: Vec<String>,
    max: usize,
}

fn run(context: &Context, arguments: &Arguments, _: &Patience) -> Result<String, Failure> {
    let ids = arguments.texts("span_ids")?;
    if ids.is_empty() || ids.len() > MAX_SPANS {
        let asked = ids.len();
        return Err(Failure::new(format!(
            "span_ids must be 1 to {MAX_SPANS} ids, not {asked}"
        )));
    }
    let (max, is_given) = arguments.count("max_value_chars", 300, 4_000)?;
    let style = Style {
        context,
        keys: arguments.texts("keys")?,
        max,
    };
    let trace = context.trace(arguments, "trace_id")?;
    let spans = trace.spans()?;
    let tree = Tree::new(&spans);
    let mut lines = Lines::new(Budget::of(is_given || ids.len() > 1));
    lines.push(context.head(&trace, &tree));
    let mut last = None;
    for id in &ids {
        let place = tree.find(id)?;
        let Some(span) = tree.span(place) else {
            continue;
        };
        lines.push(tree.line(place, context.secrets));
        style.push_span(span, &tree, &mut lines);
        if last.is_some_and(|last: &Span<'_>| last.resource == span.resource) {
            lines.push("  resource: as above");
        } else {
            style.push("  resource", &span.resource.attributes, &mut lines);
        }
        last = Some(span);
    }
    Ok(lines.end(
        "lines",
        "keys shows some attributes only, max_value_chars more of each value; ask for fewer spans",
    ))
}

impl Style<'_> {
    fn push_span(&self, span: &Span<'_>, tree: &Tree<'_>, lines: &mut Lines) {
        if let Some(parent) = span.parent {
            lines.push(format!("  parent {parent}, span {}", span.span_id));
        }
        self.push("  attributes", &span.attributes, lines);
        for event in &span.events {
            let title = format!(
                "  event +{} ms {}",
                millis(event.time.since(tree.start())),
                name(&event.name)
            );
            self.push(&title, &event.attributes, lines);
        }
        for link in &span.links {
            let trace = link.trace_id.map(|id| id.to_string());
            let span = link.span_id.map(|id| id.to_string());
            let title = format!(
                "  link to trace {}, span {}",
                trace.unwrap_or_default(),
                span.unwrap_or_default()
            );
            self.push(&title, &link.attributes, lines);
        }
        let scope = &span.scope;
        if !scope.name.is_empty() {
            lines.push(format!(
                "  scope {} {}",
                name(&scope.name),
                name(&scope.version)
            ));
        }
    }

    /// Adds a title, and a line for each attribute.
    fn push(&self, title: &str, attributes: &[Attribute<'_>], lines: &mut Lines) {
        lines.push(title);
        let is_wanted = |attribute: &&Attribute<'_>| {
            let mut keys = self.keys.iter();
            self.keys.is_empty() || keys.any(|key| attribute.key.contains(key.as_str()))
        };
        for attribute in attributes.iter().filter(is_wanted) {
            let shown = self.context.secrets.attribute(attribute, self.max);
            lines.push(format!("    {shown}"));
        }
    }
}
