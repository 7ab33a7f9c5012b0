//! Searches through a backend's query API.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{Api, Backend, Kind, ReadError, get, jaeger};
use crate::model::{Code, Span, TraceId};

/// A search for traces with one span that satisfies all conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The service.
    pub service: String,
    /// The span's name.
    pub operation: Option<String>,
    /// An attribute and its value as text.
    pub tag: Option<(String, String)>,
    /// The earliest and the latest start, in nanoseconds since the Unix epoch, inclusive.
    pub window: (u64, u64),
    /// The shortest duration in nanoseconds, inclusive.
    pub shortest: Option<u64>,
    /// The longest duration in nanoseconds, inclusive.
    pub longest: Option<u64>,
    /// The most traces to find.
    pub limit: usize,
}

/// A found trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The trace id.
    pub id: TraceId,
    /// The number of spans, if the backend reports it.
    pub spans: Option<usize>,
}

/// The summary of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The service of the root; empty if there is none.
    pub service: String,
    /// The name of the root, or of the first span if there is no root.
    pub name: String,
    /// The first start, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// The time from the first start to the last end, in nanoseconds.
    pub duration: u64,
    /// The number of spans.
    pub spans: usize,
    /// The number of spans with an error.
    pub errors: usize,
}

impl Summary {
    /// Summarises a trace; `None` if it has no spans.
    pub fn of(spans: &[Span]) -> Option<Self> {
        let start = spans.iter().map(|span| span.start).min()?;
        let end = spans.iter().map(|span| span.end).max()?;
        let root = spans
            .iter()
            .min_by_key(|span| (span.parent.is_some(), span.start))?;
        Some(Self {
            service: root.resource.service().to_owned(),
            name: root.name.clone(),
            start,
            duration: end.saturating_sub(start),
            spans: spans.len(),
            errors: spans
                .iter()
                .filter(|s| s.status.code == Code::Error)
                .count(),
        })
    }
}

impl Backend {
    /// Runs a search.
    ///
    /// # Errors
    /// [`ReadError`] if the backend does not answer, or if its answer cannot be read.
    pub fn find(&self, find: &Find) -> Result<Vec<Found>, ReadError> {
        match (self.kind, self.best()) {
            (Kind::Tempo, _) => tempo(&self.url, find),
            (_, Api::JaegerV3) => v3(&self.url, find),
            _ => old(&self.url, find),
        }
    }

    /// The services that the backend knows.
    ///
    /// # Errors
    /// [`ReadError`] if the backend does not answer, or if its answer cannot be read.
    pub fn services(&self) -> Result<Vec<String>, ReadError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(alias = "data", alias = "tagValues")]
            services: Option<Vec<String>>,
        }
        let path = match (self.kind, self.best()) {
            (Kind::Tempo, _) => "/api/search/tag/service.name/values",
            (_, Api::JaegerV3) => "/api/v3/services",
            _ => "/api/services",
        };
        let answer: Option<Answer> = get(&format!("{}{path}", self.url))?;
        Ok(answer
            .and_then(|answer| answer.services)
            .unwrap_or_default())
    }
}

fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

fn tags_json(find: &Find) -> Option<String> {
    let (key, value) = find.tag.as_ref()?;
    let map = BTreeMap::from([(key, value)]);
    serde_json::to_string(&map).ok()
}

/// A duration in Go's notation that every reader parses exactly.
fn go_duration(nanos: u64) -> String {
    format!("{nanos}ns")
}

fn push(url: &mut String, key: &str, value: &str) {
    let separator = if url.contains('?') { '&' } else { '?' };
    // Writing to a String cannot fail.
    let _infallible = write!(url, "{separator}{key}={}", encoded(value));
}

fn v3(url: &str, find: &Find) -> Result<Vec<Found>, ReadError> {
    #[derive(Deserialize)]
    struct Answer {
        summaries: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct One {
        trace_id: String,
        span_count: usize,
    }
    let mut url = format!("{url}/api/v3/trace-summaries");
    let (from, to) = find.window;
    push(&mut url, "query.serviceName", &find.service);
    push(&mut url, "query.startTimeMin", &rfc3339(from));
    push(&mut url, "query.startTimeMax", &rfc3339(to));
    push(&mut url, "query.searchDepth", &find.limit.to_string());
    if let Some(name) = &find.operation {
        push(&mut url, "query.operationName", name);
    }
    if let Some(tags) = tags_json(find) {
        push(&mut url, "query.attributes", &tags);
    }
    if let Some(nanos) = find.shortest {
        push(&mut url, "query.durationMin", &go_duration(nanos));
    }
    if let Some(nanos) = find.longest {
        push(&mut url, "query.durationMax", &go_duration(nanos));
    }
    let answer: Option<Answer> = get(&url)?;
    let summaries = answer.map(|answer| answer.summaries).unwrap_or_default();
    let found = summaries.into_iter().filter_map(|one| {
        Some(Found {
            id: TraceId::from_hex(&one.trace_id)?,
            spans: Some(one.span_count),
        })
    });
    Ok(found.collect())
}

fn old(url: &str, find: &Find) -> Result<Vec<Found>, ReadError> {
    let mut url = format!("{url}/api/traces");
    let (from, to) = find.window;
    push(&mut url, "service", &find.service);
    push(&mut url, "start", &from.div_ceil(1_000).to_string());
    push(&mut url, "end", &(to / 1_000).to_string());
    push(&mut url, "limit", &find.limit.to_string());
    if let Some(name) = &find.operation {
        push(&mut url, "operation", name);
    }
    if let Some(tags) = tags_json(find) {
        push(&mut url, "tags", &tags);
    }
    if let Some(nanos) = find.shortest {
        push(&mut url, "minDuration", &go_duration(nanos));
    }
    if let Some(nanos) = find.longest {
        push(&mut url, "maxDuration", &go_duration(nanos));
    }
    let answer: Option<jaeger::Answer> = get(&url)?;
    let traces = answer.and_then(|answer| answer.data).unwrap_or_default();
    let mut found = Vec::new();
    for trace in traces {
        let spans = jaeger::spans(trace).map_err(|reason| ReadError::answer(&url, reason))?;
        if let Some(first) = spans.first() {
            found.push(Found {
                id: first.trace_id,
                spans: Some(spans.len()),
            });
        }
    }
    Ok(found)
}

fn tempo(url: &str, find: &Find) -> Result<Vec<Found>, ReadError> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        traces: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        #[serde(rename = "traceID")]
        trace_id: String,
    }
    let (from, to) = find.window;
    let mut url = format!("{url}/api/search");
    push(&mut url, "q", &trace_ql(find));
    push(&mut url, "start", &(from / 1_000_000_000).to_string());
    push(&mut url, "end", &to.div_ceil(1_000_000_000).to_string());
    push(&mut url, "limit", &find.limit.to_string());
    let answer: Option<Answer> = get(&url)?;
    let traces = answer.map(|answer| answer.traces).unwrap_or_default();
    let found = traces.into_iter().filter_map(|one| {
        Some(Found {
            id: TraceId::from_hex(&one.trace_id)?,
            spans: None,
        })
    });
    Ok(found.collect())
}

/// Spec: <https://grafana.com/docs/tempo/latest/traceql/>
fn trace_ql(find: &Find) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut all = vec![format!("resource.service.name = {}", quoted(&find.service))];
    if let Some(name) = &find.operation {
        all.push(format!("name = {}", quoted(name)));
    }
    if let Some((key, value)) = &find.tag {
        all.push(format!(".{key} = {}", quoted(value)));
    }
    if let Some(nanos) = find.shortest {
        all.push(format!("duration >= {}", go_duration(nanos)));
    }
    if let Some(nanos) = find.longest {
        all.push(format!("duration <= {}", go_duration(nanos)));
    }
    format!("{{ {} }}", all.join(" && "))
}

/// The time in RFC 3339 with nanoseconds.
fn rfc3339(nanos: u64) -> String {
    jiff::Timestamp::from_nanosecond(nanos.into())
        .map(|time| time.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_summed_up_by_its_root() {
        let span = |parent: Option<&str>, start, name: &str| Span {
            parent: parent.and_then(crate::model::SpanId::from_hex),
            start,
            end: start + 10,
            name: name.to_owned(),
            ..Span::default()
        };
        let summary = Summary::of(&[span(Some("1"), 1, "child"), span(None, 5, "root")]).unwrap();
        assert_eq!(summary.name, "root");
        assert_eq!((summary.start, summary.duration, summary.spans), (1, 14, 2));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn a_search_of_tempo_is_traceql() {
        let find = Find {
            service: "a\"b".to_owned(),
            tag: Some(("k".to_owned(), "v".to_owned())),
            shortest: Some(5),
            ..Find::default()
        };
        assert_eq!(
            trace_ql(&find),
            r#"{ resource.service.name = "a\"b" && .k = "v" && duration >= 5ns }"#
        );
    }
}
