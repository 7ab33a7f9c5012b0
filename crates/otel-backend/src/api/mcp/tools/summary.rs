//! The summary of a trace in one line.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::api::mcp::failure::Failure;
use crate::api::mcp::quote::{Secrets, name};
use crate::api::mcp::tools::time;
use crate::api::mcp::tree::{self, Tree, is_failed, millis, title, trace_digits};
use crate::model::{TraceId, UnixNanos};
use crate::query::Trace;

/// The summary of a trace.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) id: TraceId,
    pub(super) start: UnixNanos,
    pub(super) duration: Duration,
    spans: usize,
    services: BTreeSet<String>,
    root: String,
    /// The operation and the message of the first failure.
    failure: Option<(String, String)>,
}

/// The most services named.
const MAX_SERVICES: usize = 8;

/// The longest part of a failure's message, in bytes.
const MAX_MESSAGE: usize = 400;

impl Summary {
    pub(super) fn of(trace: &Trace) -> Result<Self, Failure> {
        let spans = trace.spans()?;
        let tree = Tree::new(&spans);
        let services = spans.iter().map(|span| span.resource.service_name());
        let mut failed = spans.iter().enumerate().filter(|(_, span)| is_failed(span));
        // The failed span that started last is probably the deepest.
        let failure = failed.next_back().map(|(place, span)| {
            let message: String = span.status.message.chars().take(MAX_MESSAGE).collect();
            (tree.title(place), message)
        });
        Ok(Self {
            id: trace.id,
            start: trace.start,
            duration: tree.duration(),
            spans: spans.len(),
            services: services.map(ToOwned::to_owned).collect(),
            root: tree
                .main_root()
                .and_then(|root| tree.span(root))
                .map(title)
                .unwrap_or_default(),
            failure,
        })
    }

    pub(super) fn line(&self, digits: usize, secrets: Secrets) -> String {
        let mut id = trace_digits(self.id);
        id.truncate(digits);
        let mut services: Vec<_> = self
            .services
            .iter()
            .take(MAX_SERVICES)
            .map(|it| name(it))
            .collect();
        if self.services.len() > MAX_SERVICES {
            services.push(format!("{} more", self.services.len() - MAX_SERVICES));
        }
        let mut line = format!(
            "{id} {} {} ms, {} spans of {}: {}",
            time(self.start),
            millis(self.duration),
            self.spans,
            services.join(" "),
            self.root,
        );
        if let Some((operation, message)) = &self.failure {
            line.push_str("; FAILED ");
            line.push_str(operation);
            if !message.is_empty() {
                line.push(' ');
                line.push_str(&secrets.text(message, 100));
            }
        }
        line
    }
}

/// The number of digits that distinguish the ids of these traces.
pub(super) fn digits_of(traces: &[Summary]) -> usize {
    tree::digits(traces.iter().map(|trace| trace_digits(trace.id)))
}
