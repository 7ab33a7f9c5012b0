//! Finding traces.

use std::collections::BTreeMap;
use std::io::{self, Write};

use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::error::TempoError;
use super::params::{Wanted, parse_search};
use crate::api::common::answer;
use crate::api::common::envelope::ApiError;
use crate::api::common::pairs::Pairs;
use crate::format::jaeger::short_id;
use crate::format::json::{JsonWriter, as_text, is_zero};
use crate::format::otlp::AttributeJson;
use crate::model::{Attribute, Span, StatusCode, UnixNanos, to_hex};
use crate::query::{Field, Query, Search, Trace, TraceFacts};

/// Tempo's name for a root that has not been received.
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
    /// The same set, for clients that know only one.
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
    let Wanted { search, spans } = parse_search(&pairs, UnixNanos::now())?;
    let answer = answer::json(false, move |json, patience| {
        let hits = query.search(&search, patience)?;
        let found = Found { search, spans };
        json.object(|answer| {
            answer.member("traces")?.list(|list| {
                for trace in query.traces(hits) {
                    let trace = trace?;
                    let spans = trace.spans()?;
                    found.write(list.entry()?, &trace, &spans)?;
                }
                Ok::<_, ApiError>(())
            })?;
            let metrics = json!({ "completedJobs": 1, "totalJobs": 1 });
            Ok(answer.member("metrics")?.value(&metrics)?)
        })
    });
    Ok(answer.await?)
}

/// The search whose results are shown.
struct Found {
    search: Search,
    /// The number of matching spans to show of each trace.
    spans: usize,
}

impl Found {
    fn write<W: Write>(
        &self,
        json: &mut JsonWriter<W>,
        trace: &Trace,
        spans: &[Span<'_>],
    ) -> io::Result<()> {
        let facts = TraceFacts::of(spans);
        let attributes = self.attributes(spans);
        let set = self.span_set(spans, &attributes);
        json.value(&TraceMetadata {
            trace_id: short_id(trace.id.as_bytes()),
            root_service_name: facts.root_service.unwrap_or_else(|| NO_ROOT.into()),
            root_trace_name: facts.root_name.unwrap_or_default(),
            start_time_unix_nano: trace.start.0,
            duration_ms: facts.nanos / 1_000_000,
            span_set: &set,
            span_sets: [&set],
            service_stats: service_stats(spans),
        })
    }

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
