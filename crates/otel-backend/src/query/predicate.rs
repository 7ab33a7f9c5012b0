//! Searches, and the test of a span.

use std::time::Duration;

use traceql::syntax::Pipeline;

use super::condition::Condition;
use super::traceql::{Order, TraceQuery, prune};
use crate::format::otlp::{Outline, SpanGroup};
use crate::model::{Attribute, Span, SpanKind, StatusCode, UnixNanos};

/// The furthest outside the window that a matching span may start, in a trace that is partly within.
const SLACK: Duration = Duration::from_hours(1);

/// A search for traces with one span that satisfies all conditions.
///
/// The semantics are those of Jaeger's reference store, and a little more: every tag that Jaeger
/// shows can be found, including those that it derives for output (`otel.status_code`,
/// `otel.scope.name`, …).
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// The service; `None` for any.
    pub service: Option<String>,
    /// The span's name; `None` for any.
    pub operation: Option<String>,
    /// The earliest start of the span.
    pub from: UnixNanos,
    /// The latest start of the span.
    pub to: UnixNanos,
    /// The shortest duration of the span.
    pub min_duration: Duration,
    /// The longest duration of the span; `None` for any.
    pub max_duration: Option<Duration>,
    /// The tags that the span must have.
    pub tags: Vec<Tag>,
    /// An additional condition on the span; with `traces`, the part of that query that single spans
    /// can be tested for.
    pub condition: Option<Condition>,
    /// A query that the trace must satisfy.
    pub traces: Option<TraceQuery>,
    /// The largest number of traces to find.
    pub limit: usize,
}

/// A search that every span satisfies, without a limit.
impl Default for Search {
    fn default() -> Self {
        Self {
            service: None,
            operation: None,
            from: UnixNanos(0),
            to: UnixNanos::MAX,
            min_duration: Duration::ZERO,
            max_duration: None,
            tags: Vec::new(),
            condition: None,
            traces: None,
            limit: usize::MAX,
        }
    }
}

impl TraceQuery {
    /// A search for traces with spans that pass a pipeline: the first ones of that order, up to a
    /// limit.
    pub fn search(
        pipeline: &Pipeline,
        from: UnixNanos,
        to: UnixNanos,
        order: Order,
        limit: usize,
    ) -> Search {
        let query = Self::new(pipeline, from, to, order);
        Search {
            from: from.before(SLACK),
            to: to.after(SLACK),
            condition: Some(prune(query.search.probe())),
            traces: Some(query),
            limit: limit.min(Search::MAX_LIMIT),
            ..Search::default()
        }
    }
}

/// A key and a value as text.
///
/// | key | is compared with |
/// |---|---|
/// | `error` | true: the span failed; false: its status is OK, and it did not |
/// | `span.status` | the status: `OK`, `ERROR`, `UNSET`, in any case |
/// | `span.kind` | the kind: `server`, …, `unspecified`, in any case |
/// | `scope.name`, `scope.version` | the scope |
/// | `resource.K` | attribute `K` of the resource |
/// | any other | attributes of the span, its scope, its resource, its events and its links, and the tags that Jaeger derives |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Parses a boolean like Go, and so like Jaeger.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

impl Search {
    /// The largest `limit`: the default number of traces in Jaeger's memory store.
    pub const MAX_LIMIT: usize = 100_000;

    /// Returns true if a span satisfies all conditions on spans.
    pub(super) fn matches(&self, span: &Span<'_>) -> bool {
        let duration = span.duration();
        (self.from..=self.to).contains(&span.start)
            && duration >= self.min_duration
            && self.max_duration.is_none_or(|max| duration <= max)
            && self
                .operation
                .as_ref()
                .is_none_or(|name| span.name == *name)
            && (self.service.as_ref()).is_none_or(|name| span.resource.service_name() == name)
            && self.tags.iter().all(|tag| tag.matches(span))
            && (self.condition.as_ref()).is_none_or(|condition| condition.matches(span))
    }

    /// Returns true if nothing can satisfy the search.
    pub(super) fn is_never(&self) -> bool {
        self.traces.as_ref().is_some_and(TraceQuery::is_never)
    }

    /// Returns true if a span of this group may satisfy all conditions.
    pub(super) fn may_match_group(&self, group: &SpanGroup<'_>) -> bool {
        let service = self.service.as_ref();
        service.is_none_or(|service| group.resource.service_name() == service)
    }

    /// Returns true if a span with this outline may satisfy all conditions.
    pub(super) fn may_match(&self, outline: &Outline<'_>) -> bool {
        let duration = outline.end.since(outline.start);
        (self.from..=self.to).contains(&outline.start)
            && duration >= self.min_duration
            && self.max_duration.is_none_or(|max| duration <= max)
    }
}

impl Tag {
    /// Returns true if only spans with one status have the tag.
    pub(super) fn is_about_status(&self) -> bool {
        self.key == "span.status" || self.key == "error" && !self.says_failed()
    }

    /// The status of spans with the tag; `None` if no span has it.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self.key.as_str() {
            "error" => parse_bool(&self.value).map(|_| StatusCode::Ok),
            _ => status_called(&self.value),
        }
    }

    /// Returns true if the tag means failed spans.
    pub(super) fn says_failed(&self) -> bool {
        self.key == "error" && parse_bool(&self.value) == Some(true)
    }

    fn matches(&self, span: &Span<'_>) -> bool {
        match self.key.as_str() {
            "error" => match parse_bool(&self.value) {
                Some(true) => span.failed(),
                Some(false) => span.status.code == StatusCode::Ok && !span.failed(),
                None => false,
            },
            "span.status" => status_called(&self.value) == Some(span.status.code),
            "span.kind" => kind_called(&self.value) == Some(span.kind),
            "scope.name" => span.scope.name == self.value,
            "scope.version" => span.scope.version == self.value,
            key => match key.strip_prefix("resource.") {
                Some(key) => self.is_among(key, &span.resource.attributes),
                None => self.is_shown(span) || self.is_attribute(span),
            },
        }
    }

    fn is_attribute(&self, span: &Span<'_>) -> bool {
        let events = span.events.iter().map(|event| &event.attributes);
        let links = span.links.iter().map(|link| &link.attributes);
        [
            &span.attributes,
            &span.scope.attributes,
            &span.resource.attributes,
        ]
        .into_iter()
        .chain(events)
        .chain(links)
        .any(|attributes| self.is_among(&self.key, attributes))
    }

    fn is_among(&self, key: &str, attributes: &[Attribute<'_>]) -> bool {
        attributes
            .iter()
            .any(|attribute| attribute.key == key && attribute.value.text() == self.value)
    }

    /// Returns true if Jaeger derives the tag from other fields of the span.
    fn is_shown(&self, span: &Span<'_>) -> bool {
        let shown = match self.key.as_str() {
            "otel.scope.name" => &span.scope.name,
            "otel.scope.version" => &span.scope.version,
            "otel.status_code" => return shown_status(&self.value) == Some(span.status.code),
            "otel.status_description" => &span.status.message,
            "w3c.tracestate" => &span.trace_state,
            _ => return false,
        };
        !shown.is_empty() && *shown == self.value
    }
}

/// The status for this value of Jaeger's tag `otel.status_code`, which spans with an unset status
/// do not have.
fn shown_status(value: &str) -> Option<StatusCode> {
    match value {
        "OK" => Some(StatusCode::Ok),
        "ERROR" => Some(StatusCode::Error),
        _ => None,
    }
}

fn status_called(name: &str) -> Option<StatusCode> {
    match name.to_ascii_uppercase().as_str() {
        "UNSET" => Some(StatusCode::Unset),
        name => shown_status(name),
    }
}

fn kind_called(name: &str) -> Option<SpanKind> {
    match name.to_ascii_lowercase().as_str() {
        "" | "unspecified" => Some(SpanKind::Unspecified),
        name => SpanKind::from_name(name),
    }
}
