//! `get_services`: the services, with the number, durations and failures of their requests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Tool;
use crate::api::mcp::Context;
use crate::api::mcp::arguments::{Argument, Arguments, Kind, optional};
use crate::api::mcp::failure::Failure;
use crate::api::mcp::lines::{Budget, Lines};
use crate::api::mcp::quote::name;
use crate::api::mcp::sample::{self, Figures};
use crate::api::mcp::tree::Tree;
use crate::query::{Patience, Search};

pub(super) const TOOL: Tool = Tool {
    name: "get_services",
    about: "Services, with traces, failure rate, p50, p95, slowest and last time of the requests they took",
    arguments: ARGUMENTS,
    run,
};

const ARGUMENTS: &[Argument] = &[
    optional("pattern", Kind::Text, "regex"),
    optional("since", Kind::Text, "default -1h"),
    optional("limit", Kind::Number, "default 100"),
];

fn run(context: &Context, arguments: &Arguments, patience: &Patience) -> Result<String, Failure> {
    let pattern = super::pattern(arguments)?;
    let hour = arguments.now().before(Duration::from_hours(1));
    let from = arguments.time("since")?.unwrap_or(hour);
    let (limit, is_given) = arguments.count("limit", 100, 1_000)?;
    let mut services = BTreeMap::<String, (usize, Figures)>::new();
    let search = Search {
        from,
        ..Search::default()
    };
    let sample = sample::walk(context, search, patience, |trace, tree| {
        let mut seen = BTreeSet::new();
        for (place, node) in tree.nodes() {
            let service = node.span.resource.service_name();
            if !services.contains_key(service) {
                services.insert(service.to_owned(), <_>::default());
            }
            let Some((traces, figures)) = services.get_mut(service) else {
                continue;
            };
            *traces += usize::from(seen.insert(service));
            if enters(tree, place) {
                figures.add(trace, node.span);
            }
        }
    })?;
    services.retain(|service, _| pattern.is_match(service));
    let known = context.services()?;
    let older = known
        .iter()
        .filter(|name| !services.contains_key(*name) && pattern.is_match(name));
    let older: Vec<_> = older.map(|service| name(service)).collect();
    let total = services.len() + older.len();
    let mut lines = Lines::new(Budget::of(is_given));
    lines.push(format!(
        "{total} services; figures of {} since {}",
        sample.words(),
        super::time(from)
    ));
    let (counts, figures): (BTreeMap<_, _>, BTreeMap<_, _>) = services
        .into_iter()
        .map(|(service, (traces, figures))| ((service.clone(), traces), (service, figures)))
        .unzip();
    for (service, figures) in sample::by_p95(figures).into_iter().take(limit) {
        lines.push(format!(
            "{}: {} traces, {}, last {}",
            name(&service),
            counts.get(&service).copied().unwrap_or_default(),
            figures.words(),
            figures.age(arguments.now()),
        ));
    }
    if !older.is_empty() {
        lines.push(format!("without spans in that time: {}", older.join(", ")));
    }
    if total == 0 {
        lines.push("no service matches; spans arrive some seconds after they end");
    }
    lines.leave_out(counts.len().saturating_sub(limit));
    Ok(lines.end("services", "limit shows more, pattern fewer"))
}

/// Returns true if a request enters the service at this span.
fn enters(tree: &Tree<'_>, place: usize) -> bool {
    let service = |place| Some(tree.span(place)?.resource.service_name());
    let parent = tree.parent(place);
    parent.is_none_or(|parent| service(parent) != service(place))
}
