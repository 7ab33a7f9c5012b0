//! One trace in few words, for a list of search results.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::api::common::fields::{as_text, is_zero};
use crate::format::otlp::Malformed;
use crate::model::{Span, StatusCode, UnixNanos};
use crate::query::Trace;

/// A trace in few words. What is zero or empty is left out.
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
    /// Sums a trace up.
    pub(in crate::api) fn of(trace: &Trace) -> Result<Self, Malformed> {
        let spans = trace.spans()?;
        let ids: HashSet<_> = spans.iter().map(|span| span.span_id).collect();
        let is_orphan = |span: &&Span<'_>| span.parent.is_some_and(|id| !ids.contains(&id));
        let root = spans
            .iter()
            .filter(|span| span.parent.is_none())
            .min_by_key(|span| span.start);
        let end = spans.iter().map(|span| span.end).max();
        Ok(Self {
            trace_id: trace.id.to_string(),
            root_service_name: root.map_or("", |s| s.resource.service_name()).to_owned(),
            root_operation_name: root.map_or("", |s| &s.name).to_owned(),
            min_start_time_unix_nano: trace.start.0,
            max_end_time_unix_nano: end.unwrap_or(UnixNanos::default()).0,
            span_count: spans.len(),
            error_span_count: spans.iter().filter(|span| is_error(span)).count(),
            orphan_span_count: spans.iter().filter(is_orphan).count(),
            services: services(&spans),
        })
    }
}

fn is_error(span: &Span<'_>) -> bool {
    span.status.code == StatusCode::Error
}

/// Sorted by name.
fn services(spans: &[Span<'_>]) -> Vec<ServiceSummary> {
    let mut services: BTreeMap<&str, ServiceSummary> = BTreeMap::new();
    for span in spans {
        let name = span.resource.service_name();
        let service = services.entry(name).or_insert_with(|| ServiceSummary {
            name: name.to_owned(),
            ..ServiceSummary::default()
        });
        service.span_count += 1;
        service.error_span_count += usize::from(is_error(span));
    }
    services.into_values().collect()
}
