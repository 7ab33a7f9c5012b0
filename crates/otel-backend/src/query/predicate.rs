//! A search, and whether a span satisfies it.

use std::time::Duration;

use super::condition::Condition;
use super::traceql::TraceQuery;
use crate::format::otlp::{Outline, SpanGroup};
use crate::model::{Attribute, Span, SpanKind, StatusCode, UnixNanos};

/// A search: for traces of which one span satisfies all of this.
///
/// The semantics are those of Jaeger's reference store, and a little more: every tag that Jaeger
/// shows is found, also those that it makes up on output (`otel.status_code`, `otel.scope.name`, …).
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// The service; any if `None`.
    pub service: Option<String>,
    /// The span's name; any if `None`.
    pub operation: Option<String>,
    /// The earliest start of the span.
    pub from: UnixNanos,
    /// The latest start of the span.
    pub to: UnixNanos,
    /// The shortest duration of the span.
    pub min_duration: Duration,
    /// The longest duration of the span; any if `None`.
    pub max_duration: Option<Duration>,
    /// The tags that the span must have.
    pub tags: Vec<Tag>,
    /// A condition that the span must satisfy besides; with `traces`, the part of it that single spans
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

/// Reads a boolean as Go does, and so Jaeger.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

impl Search {
    /// The largest `limit`: the number of traces that Jaeger's store in memory keeps by default.
    pub const MAX_LIMIT: usize = 100_000;

    /// Whether a span satisfies all that is asked of spans.
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

    /// Whether nothing can satisfy it.
    pub(super) fn is_never(&self) -> bool {
        self.traces.as_ref().is_some_and(TraceQuery::is_never)
    }

    /// Whether a span of this group may satisfy all.
    pub(super) fn may_match_group(&self, group: &SpanGroup<'_>) -> bool {
        let service = self.service.as_ref();
        service.is_none_or(|service| group.resource.service_name() == service)
    }

    /// Whether a span of this outline may satisfy all.
    pub(super) fn may_match(&self, outline: &Outline<'_>) -> bool {
        let duration = outline.end.since(outline.start);
        (self.from..=self.to).contains(&outline.start)
            && duration >= self.min_duration
            && self.max_duration.is_none_or(|max| duration <= max)
    }
}

impl Tag {
    /// Whether only spans of one status have it.
    pub(super) fn is_about_status(&self) -> bool {
        self.key == "span.status" || self.key == "error" && !self.says_failed()
    }

    /// The status that spans with it have; none if no span has it.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self.key.as_str() {
            "error" => parse_bool(&self.value).map(|_| StatusCode::Ok),
            _ => status_called(&self.value),
        }
    }

    /// Whether it is of spans that failed.
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

    /// Whether it is one of the tags that Jaeger makes out of the rest of the span.
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

/// The status of which Jaeger's tag `otel.status_code` has this value; it has none for Unset.
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
