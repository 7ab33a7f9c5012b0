//! `get_span_names`: the operations of a service.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional, required};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::quote::name;
use crate::api::mcp::sample::{self, Figures};
use crate::model::Span;
use crate::query::{Patience, Search};

pub(super) const TOOL: Tool = Tool {
    name: "get_span_names",
    about: "Operations of a service, slowest p95 first: count, failure rate, p50, p95",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    required("service_name", Kind::Text, ""),
    optional("pattern", Kind::Text, "regex"),
    optional("span_kind", Kind::Text, "server, client, …"),
    optional("since", Kind::Text, "default -1h"),
    optional(
        "attributes",
        Kind::Flag,
        "also attribute keys with three values each",
    ),
    optional("limit", Kind::Number, "default 100"),
];

/// The most keys, and the most values of each.
const MAX_KEYS: usize = 500;
const MAX_VALUES: usize = 3;

/// A few values of each key, as they are shown.
type Values = BTreeMap<String, BTreeSet<String>>;

fn run(context: &Context, arguments: &Arguments, patience: &Patience) -> Result<String, Failure> {
    let service = arguments.required("service_name")?;
    let pattern = super::pattern(arguments)?;
    let kind = arguments.text("span_kind")?.map(|kind| kind.to_lowercase());
    let hour = arguments.now().before(Duration::from_hours(1));
    let from = arguments.time("since")?.unwrap_or(hour);
    let with_attributes = arguments.flag("attributes")?;
    let (limit, is_given) = arguments.count("limit", 100, 1_000)?;
    let mut operations = BTreeMap::<(String, &str), Figures>::new();
    let mut values = Values::new();
    let search = Search {
        service: Some(service.clone()),
        from,
        ..Search::default()
    };
    let sample = sample::walk(context, search.clone(), patience, |trace, tree| {
        for (_, node) in tree.nodes() {
            let span = node.span;
            let is_wanted = span.resource.service_name() == service
                && pattern.is_match(&span.name)
                && kind.as_ref().is_none_or(|kind| span.kind.as_str() == kind);
            if is_wanted {
                let operation = (span.name.to_string(), span.kind.as_str());
                operations.entry(operation).or_default().add(trace, span);
                if with_attributes {
                    collect(context, span, &mut values);
                }
            }
        }
    })?;
    if operations.is_empty() {
        return super::search::nothing(context, arguments, patience, &search);
    }
    let mut lines = Lines::new(Budget::of(is_given || with_attributes));
    let total = operations.len();
    lines.push(format!(
        "{total} operations of {} in {} since {}",
        name(&service),
        sample.words(),
        super::time(from)
    ));
    for ((operation, kind), figures) in sample::by_p95(operations).into_iter().take(limit) {
        let kind = if kind.is_empty() {
            ""
        } else {
            &format!(" {kind}")
        };
        lines.push(format!(
            "{}{kind}: {} spans, {}",
            name(&operation),
            figures.count(),
            figures.words()
        ));
    }
    lines.leave_out(total.saturating_sub(limit));
    if with_attributes {
        lines.push(format!("{} attribute keys:", values.len()));
        for (key, values) in values {
            let values: Vec<_> = values.into_iter().collect();
            lines.push(format!("{}: {}", name(&key), values.join(", ")));
        }
    }
    Ok(lines.end("lines", "limit shows more, pattern and span_kind fewer"))
}

fn collect(context: &Context, span: &Span<'_>, values: &mut Values) {
    for attribute in span.attributes.iter().chain(&span.resource.attributes) {
        if !values.contains_key(&*attribute.key) {
            if values.len() == MAX_KEYS {
                continue;
            }
            values.insert(attribute.key.to_string(), BTreeSet::new());
        }
        if let Some(shown) = values.get_mut(&*attribute.key)
            && shown.len() < MAX_VALUES
        {
            shown.insert(context.secrets.value(&attribute.key, &attribute.value, 40));
        }
    }
}
