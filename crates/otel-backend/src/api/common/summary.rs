//! The summary of a trace, for a list of search results.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::format::json::{as_text, is_zero};
use crate::format::otlp::Malformed;
use crate::model::{Span, SpanId};
use crate::query::Trace;

/// The summary of a trace. Fields that are zero or empty are left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct TraceSummary {
    pub(in crate::api) trace_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::api) root_service_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::api) root_operation_name: String,
    #[serde(serialize_with = "as_text")]
    pub(in crate::api) min_start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(in crate::api) max_end_time_unix_nano: u64,
    pub(in crate::api) span_count: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(in crate::api) error_span_count: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(in crate::api) orphan_span_count: usize,
    pub(in crate::api) services: Vec<ServiceSummary>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ServiceSummary {
    pub(in crate::api) name: String,
    pub(in crate::api) span_count: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(in crate::api) error_span_count: usize,
}

impl TraceSummary {
    /// Summarises a trace, span by span.
    pub(in crate::api) fn of(trace: &Trace) -> Result<Self, Malformed> {
        let mut summary = Self {
            trace_id: trace.id.to_string(),
            min_start_time_unix_nano: trace.start.0,
            ..Self::default()
        };
        let (mut ids, mut parents) = (HashSet::new(), Vec::new());
        let mut services = BTreeMap::new();
        let mut root_start = None;
        for span in trace.iter_as(false, None)? {
            ids.insert(span.span_id);
            parents.extend(span.parent);
            let is_earlier = root_start.is_none_or(|start| span.start < start);
            if span.parent.is_none() && is_earlier {
                root_start = Some(span.start);
                span.resource
                    .service_name()
                    .clone_into(&mut summary.root_service_name);
                summary.root_operation_name = span.name.to_string();
            }
            summary.add(&span);
            ServiceSummary::add(&mut services, &span);
        }
        let is_orphan = |parent: &&SpanId| !ids.contains(parent);
        summary.orphan_span_count = parents.iter().filter(is_orphan).count();
        summary.services = services.into_values().collect();
        Ok(summary)
    }

    fn add(&mut self, span: &Span<'_>) {
        self.max_end_time_unix_nano = self.max_end_time_unix_nano.max(span.end.0);
        self.span_count += 1;
        self.error_span_count += usize::from(span.failed());
    }
}

impl ServiceSummary {
    /// Adds a span to the summary of its service; services are sorted by name.
    fn add(services: &mut BTreeMap<String, Self>, span: &Span<'_>) {
        let name = span.resource.service_name();
        if !services.contains_key(name) {
            let service = Self {
                name: name.to_owned(),
                ..Self::default()
            };
            services.insert(name.to_owned(), service);
        }
        if let Some(service) = services.get_mut(name) {
            service.span_count += 1;
            service.error_span_count += usize::from(span.failed());
        }
    }
}
