//! Finding traces.

use std::cell::RefCell;
use std::collections::BTreeMap;

use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::error::TempoError;
use super::params::{Wanted, parse_search};
use crate::api::common::answer;
use crate::api::common::envelope::write_json;
use crate::api::common::fields::{as_text, is_zero};
use crate::api::common::outlet::Traces;
use crate::api::common::pairs::Pairs;
use crate::format::jaeger::short_id;
use crate::format::otlp::AttributeJson;
use crate::model::{Attribute, Span, StatusCode, UnixNanos, to_hex};
use crate::query::{Field, Query, Search, TraceFacts};

/// What Tempo calls a root that has not arrived.
const NO_ROOT: &str = "<root span not yet received>";

/// A trace that was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TraceMetadata<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    root_service_name: String,
    root_trace_name: String,
    #[serde(serialize_with = "as_text")]
    start_time_unix_nano: u64,
    duration_ms: u64,
    /// For clients that know only one.
    span_set: &'a SpanSet<'a>,
    span_sets: [&'a SpanSet<'a>; 1],
    service_stats: BTreeMap<&'a str, ServiceStats>,
}

/// The spans of a trace that match.
#[derive(Serialize)]
struct SpanSet<'a> {
    spans: Vec<MatchedSpan<'a>>,
    matched: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MatchedSpan<'a> {
    #[serde(rename = "spanID")]
    span_id: String,
    name: &'a str,
    #[serde(serialize_with = "as_text")]
    start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    duration_nanos: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<AttributeJson<'a>>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct ServiceStats {
    span_count: usize,
    #[serde(skip_serializing_if = "is_zero")]
    error_count: usize,
}

pub(super) async fn search(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    #[derive(Serialize)]
    struct Answer {
        traces: Found,
        metrics: Metrics,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Metrics {
        completed_jobs: u32,
        total_jobs: u32,
    }

    let Wanted { search, spans } = parse_search(&pairs, UnixNanos::now())?;
    let hits = query.search(search.clone()).await?;
    let traces = Found {
        traces: RefCell::new(Traces::new(query, hits)),
        search,
        spans,
    };
    let metrics = Metrics {
        completed_jobs: 1,
        total_jobs: 1,
    };
    let answer = answer::stream(move |out| write_json(&Answer { traces, metrics }, false, out));
    Ok(answer.await?)
}

/// Traces that are loaded and summed up one after the other.
struct Found {
    traces: RefCell<Traces>,
    search: Search,
    /// How many matching spans to show of each.
    spans: usize,
}

impl Serialize for Found {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for trace in &mut *self.traces.borrow_mut() {
            let trace = trace.map_err(S::Error::custom)?;
            let spans = trace.spans().map_err(S::Error::custom)?;
            let facts = TraceFacts::of(&spans);
            let attributes = self.attributes(&spans);
            let set = self.span_set(&spans, &attributes);
            let root = |name: &Option<String>| name.clone();
            list.serialize_element(&TraceMetadata {
                trace_id: short_id(trace.id.as_bytes()),
                root_service_name: root(&facts.root_service).unwrap_or_else(|| NO_ROOT.into()),
                root_trace_name: root(&facts.root_name).unwrap_or_default(),
                start_time_unix_nano: trace.start.0,
                duration_ms: facts.nanos / 1_000_000,
                span_set: &set,
                span_sets: [&set],
                service_stats: service_stats(&spans),
            })?;
        }
        list.end()
    }
}

impl Found {
    /// For each span that is shown, the attributes that the query asks for.
    fn attributes<'s>(&self, spans: &'s [Span<'s>]) -> Vec<(&'s Span<'s>, Vec<Attribute<'s>>)> {
        let tests = self.search.condition.iter().flat_map(|c| c.tests());
        let fields = tests.filter_map(|test| match &test.field {
            Field::Attribute(_, key) => Some((key, &test.field)),
            _ => None,
        });
        let fields: BTreeMap<_, _> = fields.collect();
        let matching = self.search.matching(spans).into_iter().take(self.spans);
        let shown = matching.map(|span| {
            let values = fields.iter().flat_map(|(key, field)| {
                let values = field.values(span, None).into_iter();
                values.map(|value| Attribute::new((*key).clone(), value))
            });
            (span, values.collect())
        });
        shown.collect()
    }

    fn span_set<'s>(
        &self,
        spans: &'s [Span<'s>],
        shown: &'s [(&'s Span<'s>, Vec<Attribute<'s>>)],
    ) -> SpanSet<'s> {
        let shown = shown.iter().map(|(span, attributes)| MatchedSpan {
            span_id: to_hex(span.span_id.as_bytes()),
            name: &span.name,
            start_time_unix_nano: span.start.0,
            duration_nanos: span.end.0.saturating_sub(span.start.0),
            attributes: attributes.iter().map(AttributeJson::from).collect(),
        });
        SpanSet {
            spans: shown.collect(),
            matched: self.search.matching(spans).len(),
        }
    }
}

fn service_stats<'s>(spans: &'s [Span<'s>]) -> BTreeMap<&'s str, ServiceStats> {
    let mut stats = BTreeMap::<_, ServiceStats>::new();
    for span in spans {
        let service = stats.entry(span.resource.service_name()).or_default();
        service.span_count += 1;
        service.error_count += usize::from(span.status.code == StatusCode::Error);
    }
    stats
}
