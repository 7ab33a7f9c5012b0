//! The tools, with their arguments and results.
//!
//! If Jaeger has the same tool, its names and required arguments are used, so that playbooks
//! written for Jaeger apply.
//!
//! Spec: <https://modelcontextprotocol.io/specification/2026-07-28/server/tools>

mod compare;
mod critical_path;
mod details;
mod errors;
mod logs;
mod search;
mod services;
mod span_names;
mod summary;
mod topology;
mod traceql;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value as Json, json};

use super::Context;
use super::arguments::{Argument, Arguments, schema};
use super::failure::Failure;
use super::message::Problem;
use super::tree::Tree;
use crate::api::common::outlet::{self, Outlet};
use crate::model::UnixNanos;
use crate::query::{Lookup, Patience, TagSearch, Trace};

/// The largest compiled regular expression, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// The most attribute keys to collect.
const MAX_KEYS: usize = 10_000;

/// A tool. It runs on a thread that may block.
struct Tool {
    name: &'static str,
    about: &'static str,
    arguments: &'static [Argument],
    run: fn(&Context, &Arguments, &Patience) -> Result<String, Failure>,
}

/// The tools, in the order in which an agent uses them.
static TOOLS: [Tool; 10] = [
    services::TOOL,
    span_names::TOOL,
    search::TOOL,
    traceql::TOOL,
    topology::TOOL,
    critical_path::TOOL,
    errors::TOOL,
    details::TOOL,
    logs::TOOL,
    compare::TOOL,
];

/// All tools in the form in which clients list them.
pub(super) fn list() -> &'static Json {
    static LIST: LazyLock<Json> = LazyLock::new(|| TOOLS.iter().map(Tool::describe).collect());
    &LIST
}

/// Calls a tool. A failure is a result too, so that the agent reads it.
pub(super) async fn call(context: Context, params: Map<String, Json>) -> Result<Json, Problem> {
    let name = params
        .get("name")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        let name: String = name.chars().take(100).collect();
        let names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        let names = names.join(", ");
        return Err(Problem::params(format!(
            "there is no tool {name:?}: the tools are {names}"
        )));
    };
    let given = match params.get("arguments") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(given)) => given.clone(),
        Some(_) => return Err(Problem::params("arguments is an object")),
    };
    let answer = match Arguments::new(given, tool.arguments, UnixNanos::now()) {
        Ok(arguments) => run(tool, context, arguments).await,
        Err(failure) => Err(failure),
    };
    let is_error = answer.is_err();
    let text = answer.unwrap_or_else(|failure| failure.to_string());
    Ok(json!({"content": [{"type": "text", "text": text}], "isError": is_error}))
}

/// Runs a tool like every other answer with traces: in its turn, and only while the client waits.
async fn run(
    tool: &'static Tool,
    context: Context,
    arguments: Arguments,
) -> Result<String, Failure> {
    let make = move |outlet: &mut Outlet<String, Failure>| {
        let text = (tool.run)(&context, &arguments, &outlet.patience())?;
        // The send fails only if the client has gone.
        outlet.send(text).ok();
        Ok(())
    };
    let mut answer = outlet::open(make).await;
    let answer = answer.recv().await;
    answer.unwrap_or_else(|| Err(Failure::new("the answer was not finished: ask again")))
}

impl Tool {
    fn describe(&self) -> Json {
        json!({
            "name": self.name,
            "description": self.about,
            "inputSchema": schema(self.arguments),
            "annotations": {"readOnlyHint": true, "openWorldHint": false},
        })
    }
}

impl Context {
    /// The trace that an argument identifies.
    fn trace(&self, arguments: &Arguments, name: &str) -> Result<Trace, Failure> {
        match self.query.find(&arguments.trace(name)?)? {
            Lookup::Found(trace) => Ok(trace),
            Lookup::Missing(why) => Err(Failure::new(format!(
                "trace not found{why}: search_traces lists the newest; spans arrive some seconds after \
                 they end"
            ))),
        }
    }

    /// The names of all services.
    fn services(&self) -> Result<BTreeSet<String>, Failure> {
        Ok(self.query.services()?)
    }

    /// The names of the operations of one service or of all.
    fn operations(&self, service: Option<&str>) -> Result<BTreeSet<String>, Failure> {
        let services = match service {
            Some(service) => BTreeSet::from([service.to_owned()]),
            None => self.services()?,
        };
        let mut names = BTreeSet::new();
        for service in services {
            let operations = self.query.operations(&service, None)?;
            names.extend(operations.into_iter().map(|operation| operation.name));
        }
        Ok(names)
    }

    /// The attribute keys of the newest spans.
    fn keys(&self, patience: &Patience) -> Result<BTreeSet<String>, Failure> {
        let search = TagSearch {
            from: UnixNanos(0),
            to: UnixNanos::MAX,
            query: None,
            field: None,
            limit: MAX_KEYS,
        };
        let found = self.query.tags(&search, patience)?;
        Ok(found.keys.into_values().flatten().collect())
    }

    /// The first lines about a trace: its id, its totals, and its page.
    fn head(&self, trace: &Trace, tree: &Tree<'_>) -> String {
        let spans = match trace.span_count.saturating_sub(tree.len()) {
            _ if !trace.cut => format!("{} spans", tree.len()),
            _ => format!(
                "{} spans (more were too many to keep or to show)",
                tree.len()
            ),
        };
        let failed = tree
            .nodes()
            .filter(|(_, node)| super::tree::is_failed(node.span));
        let root = tree.main_root().map(|root| tree.title(root));
        let skew = tree.earliest_child().map(|(place, by)| {
            format!(
                "\n{} begins {} ms before its parent: their clocks differ, so the duration of the trace is not that of its root",
                tree.title(place),
                super::tree::millis(by)
            )
        });
        format!(
            "trace {}: {spans}, {} failed, {} ms from {}; root {}\n{}{}",
            trace.id,
            failed.count(),
            super::tree::millis(tree.duration()),
            time(tree.start()),
            root.unwrap_or_default(),
            self.link(trace.id),
            skew.unwrap_or_default(),
        )
    }
}

/// The regular expression in the argument `pattern`; by default it matches everything.
fn pattern(arguments: &Arguments) -> Result<Regex, Failure> {
    let pattern = arguments.text("pattern")?.unwrap_or_default();
    let compiled = RegexBuilder::new(&pattern).size_limit(MAX_PATTERN).build();
    compiled
        .map_err(|reason| Failure::new(format!("pattern is not a regular expression: {reason}")))
}

/// A time in RFC 3339 with milliseconds.
fn time(time: UnixNanos) -> String {
    match jiff::Timestamp::from_nanosecond(time.0.into()) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => time.0.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_take_few_tokens() {
        let bytes = list().to_string().len();
        assert!(bytes <= 1_500 * 4, "{bytes} bytes");
    }

    #[test]
    fn every_tool_reads_and_nothing_else() {
        for tool in list().as_array().unwrap() {
            assert_eq!(tool["annotations"]["readOnlyHint"], true);
            assert_eq!(tool["inputSchema"]["type"], "object");
        }
    }
}
