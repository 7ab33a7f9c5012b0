//! Searches for traces.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use traceql::FoundSpanset;

use super::error::TempoError;
use super::label::Label;
use super::params::parse_search;
use crate::api::common::answer;
use crate::api::common::envelope::ApiError;
use crate::api::common::pairs::Pairs;
use crate::format::jaeger::short_id;
use crate::format::json::{as_text, is_zero};
use crate::model::{Span, StatusCode, UnixNanos, to_hex};
use crate::query::{Order, Patience, Query, SearchError, SpanBatch, Trace, TraceQuery, Watched};

/// Tempo's name for a root that has not been received.
const NO_ROOT: &str = "<root span not yet received>";

/// A found trace.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TraceMetadata<'a> {
    #[serde(rename = "traceID")]
    pub(super) trace_id: String,
    pub(super) root_service_name: String,
    pub(super) root_trace_name: String,
    #[serde(serialize_with = "as_text")]
    pub(super) start_time_unix_nano: u64,
    pub(super) duration_ms: u64,
    /// Present only on request, since Grafana refuses members that Tempo does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_nanos: Option<String>,
    /// The only spanset, for clients that support only one; absent if there are several, since
    /// Grafana would show only this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span_set: Option<&'a SpanSet<'a>>,
    pub(super) span_sets: &'a [SpanSet<'a>],
    pub(super) service_stats: BTreeMap<&'a str, ServiceStats>,
}

/// The matching spans of a trace.
#[derive(Serialize)]
pub(super) struct SpanSet<'a> {
    pub(super) spans: Vec<MatchedSpan<'a>>,
    pub(super) matched: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Label>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MatchedSpan<'a> {
    #[serde(rename = "spanID")]
    pub(super) span_id: String,
    pub(super) name: &'a str,
    #[serde(serialize_with = "as_text")]
    pub(super) start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(super) duration_nanos: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Label>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceStats {
    pub(super) span_count: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) error_count: usize,
}

pub(super) async fn search(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, TempoError> {
    let wanted = parse_search(&pairs, UnixNanos::now())?;
    let answer = answer::json(false, move |json, patience| {
        let hits = query.search(&wanted.search, patience)?;
        let found = wanted.search.traces.map(|query| Found {
            query,
            spans: wanted.spans,
            is_exact: wanted.is_exact,
        });
        json.object(|answer| {
            answer.member("traces")?.list(|list| {
                for trace in query.traces(hits) {
                    let trace = trace?;
                    let spans = trace.spans()?;
                    let write = |trace: &TraceMetadata<'_>| list.entry()?.value(trace);
                    if let Some(found) = &found {
                        found
                            .describe(&trace, &spans, patience, write)?
                            .transpose()?;
                    }
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
pub(super) struct Found {
    pub(super) query: TraceQuery,
    /// The number of matching spans to show for each spanset.
    pub(super) spans: usize,
    /// True if the durations of traces are also given in nanoseconds.
    pub(super) is_exact: bool,
}

impl Found {
    /// Calls `tell` with a found trace; returns nothing if the trace has changed since it was
    /// found.
    ///
    /// # Errors
    /// [`SearchError::TooLong`] if the time limit is exceeded.
    pub(super) fn describe<T>(
        &self,
        trace: &Trace,
        spans: &[Span<'_>],
        patience: &Patience,
        tell: impl FnOnce(&TraceMetadata<'_>) -> T,
    ) -> Result<Option<T>, SearchError> {
        let batch = SpanBatch::of_trace(spans);
        let batch = Watched::new(&batch, patience);
        let found = self.query.search.evaluate(&batch);
        patience.check()?;
        let sets = found.traces.iter().flat_map(|trace| &trace.spansets);
        let sets: Vec<_> = sets.map(|set| self.span_set(&found, set, spans)).collect();
        if sets.is_empty() {
            return Ok(None);
        }
        let root = root(spans);
        let service = root.map(|root| root.resource.service_name().to_owned());
        let name = root.map(|root| root.name.clone().into_owned());
        Ok(Some(tell(&TraceMetadata {
            trace_id: short_id(trace.id.as_bytes()),
            root_service_name: service.unwrap_or_else(|| NO_ROOT.into()),
            root_trace_name: name.unwrap_or_default(),
            start_time_unix_nano: trace.start.0,
            duration_ms: nanos(spans) / 1_000_000,
            duration_nanos: self.is_exact.then(|| nanos(spans).to_string()),
            span_set: match sets.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            span_sets: &sets,
            service_stats: service_stats(spans),
        })))
    }

    fn span_set<'s>(
        &self,
        found: &traceql::Found<'_>,
        set: &FoundSpanset,
        spans: &'s [Span<'s>],
    ) -> SpanSet<'s> {
        let rows = self.in_order(&set.rows, spans);
        let shown = rows.iter().take(self.spans).filter_map(|row| {
            let span = spans.get(*row as usize)?;
            let fields = found.fields(*row as usize).into_iter();
            Some(MatchedSpan {
                span_id: to_hex(span.span_id.as_bytes()),
                name: &span.name,
                start_time_unix_nano: span.start.0,
                duration_nanos: span.end.0.saturating_sub(span.start.0),
                attributes: fields
                    .map(|(name, value)| Label::new(name, &value))
                    .collect(),
            })
        });
        let attributes = set.attributes.iter();
        SpanSet {
            spans: shown.collect(),
            matched: set.rows.len(),
            attributes: attributes
                .map(|(name, value)| Label::new(name, value))
                .collect(),
        }
    }

    /// The rows of a spanset in the requested order of spans.
    fn in_order<'r>(&self, rows: &'r [u32], spans: &[Span<'_>]) -> Cow<'r, [u32]> {
        let mut rows = Cow::Borrowed(rows);
        if self.query.order == Order::LongestSpan {
            let duration = |span: &Span<'_>| span.end.0.saturating_sub(span.start.0);
            rows.to_mut()
                .sort_by_key(|row| Reverse(spans.get(*row as usize).map_or(0, duration)));
        }
        rows
    }
}

/// The first span without a parent; if several start together, the longest.
fn root<'s>(spans: &'s [Span<'s>]) -> Option<&'s Span<'s>> {
    let roots = spans.iter().filter(|span| span.parent.is_none());
    roots.min_by_key(|span| (span.start, Reverse(span.end)))
}

/// The time from the first start to the last end, in nanoseconds.
fn nanos(spans: &[Span<'_>]) -> u64 {
    let start = spans
        .iter()
        .map(|span| span.start)
        .min()
        .unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
    end.0.saturating_sub(start.0)
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
