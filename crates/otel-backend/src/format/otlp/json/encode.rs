//! Encodes spans to OTLP's JSON. Empty members are left out, as in protobuf's JSON mapping.

use std::io::{self, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Serialize, Serializer};

use super::dialect::{Choice, Dialect};
use crate::format::json::{Container, as_text, is_zero};
use crate::model::{Attribute, Event, Link, Resource, Scope, Span, Status, Value};

/// A `TracesData` message with these spans, grouped by resource and scope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracesJson<'a> {
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: ResourceJson<'a>,
    scope_spans: Vec<ScopeSpans<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    schema_url: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeSpans<'a> {
    scope: ScopeJson<'a>,
    spans: Vec<SpanJson<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    schema_url: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceJson<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeJson<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    trace_state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    flags: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Choice>,
    #[serde(serialize_with = "as_text")]
    start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    end_time_unix_nano: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventJson<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_events_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkJson<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_links_count: u32,
    status: StatusJson<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson<'a> {
    #[serde(serialize_with = "as_text")]
    time_unix_nano: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    trace_state: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "is_zero")]
    flags: u32,
}

#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Choice>,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyValue<'a> {
    key: &'a str,
    value: AnyValue<'a>,
}

/// A key and its value.
#[derive(Debug, Serialize)]
pub struct AttributeJson<'a>(KeyValue<'a>);

impl<'a> From<&'a Attribute<'a>> for AttributeJson<'a> {
    fn from(attribute: &'a Attribute<'a>) -> Self {
        Self(KeyValue::new(attribute))
    }
}

/// Serialized as an object with the member that is set, or with no member.
#[derive(Debug, Serialize)]
enum Member<'a> {
    #[serde(rename = "stringValue")]
    String(&'a str),
    #[serde(rename = "boolValue")]
    Bool(bool),
    #[serde(rename = "intValue")]
    Int(String),
    #[serde(rename = "doubleValue")]
    Double(Double),
    #[serde(rename = "arrayValue")]
    Array(Values<AnyValue<'a>>),
    #[serde(rename = "kvlistValue")]
    Map(Values<KeyValue<'a>>),
    #[serde(rename = "bytesValue")]
    Bytes(String),
}

#[derive(Debug)]
pub(super) struct AnyValue<'a>(Option<Member<'a>>);

#[derive(Debug, Serialize)]
struct Values<T> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<T>,
}

#[derive(Debug)]
struct Double(f64);

/// Spans are grouped once they have this many elements, so that only a part of a large trace, some
/// 4 MB, is in memory.
const ELEMENTS: usize = 30_000;

/// The elements that take as much memory as a span without any.
const SPAN: usize = 10;

/// Adds grouped spans to a list of `resourceSpans`; in a large trace a group may occur several
/// times. Returns the number of spans written.
///
/// # Errors
/// The error of the output.
pub fn write_resource_spans<'s, W: Write>(
    list: &mut Container<'_, W>,
    dialect: Dialect,
    mut spans: impl Iterator<Item = Span<'s>>,
) -> io::Result<usize> {
    let mut written = 0;
    loop {
        let mut elements = 0;
        let mut some = Vec::new();
        while elements < ELEMENTS
            && let Some(span) = spans.next()
        {
            elements += self::elements(&span);
            some.push(span);
        }
        if some.is_empty() {
            return Ok(written);
        }
        written += some.len();
        for group in resource_spans(dialect, &some) {
            list.entry()?.value(&group)?;
        }
    }
}

/// The number of elements: attributes, events and links, and those that the span itself counts as.
fn elements(span: &Span<'_>) -> usize {
    let events = span.events.iter().map(|event| 1 + event.attributes.len());
    let links = span.links.iter().map(|link| 1 + link.attributes.len());
    SPAN + span.attributes.len() + events.sum::<usize>() + links.sum::<usize>()
}

impl<'a> TracesJson<'a> {
    /// Groups spans for OTLP; within a group they keep their order.
    pub fn new(spans: impl IntoIterator<Item = &'a Span<'a>>) -> Self {
        Self {
            resource_spans: resource_spans(Dialect::Otlp, spans),
        }
    }
}

fn resource_spans<'a>(
    dialect: Dialect,
    spans: impl IntoIterator<Item = &'a Span<'a>>,
) -> Vec<ResourceSpans<'a>> {
    let span = |span| SpanJson::new(span, dialect);
    let scope_spans = |(scope, spans): Group<'a, Scope<'a>, &'a Span<'a>>| ScopeSpans {
        scope: ScopeJson::new(scope),
        spans: spans.into_iter().map(span).collect(),
        schema_url: &scope.schema_url,
    };
    let groups = grouped(spans, |span| (&span.resource, &span.scope)).into_iter();
    let groups = groups.map(|(resource, scopes)| ResourceSpans {
        resource: ResourceJson::new(resource),
        scope_spans: scopes.into_iter().map(scope_spans).collect(),
        schema_url: &resource.schema_url,
    });
    groups.collect()
}

/// A resource or a scope, and what belongs to it.
pub(super) type Group<'a, K, T> = (&'a Arc<K>, Vec<T>);

/// Groups spans or records by resource and, within these, by scope, in the order of the first of
/// each group.
pub(super) fn grouped<'a, T>(
    items: impl IntoIterator<Item = T>,
    of: impl Fn(&T) -> (&'a Arc<Resource<'a>>, &'a Arc<Scope<'a>>),
) -> Vec<Group<'a, Resource<'a>, Group<'a, Scope<'a>, T>>> {
    let mut groups = Vec::new();
    for item in items {
        let (resource, scope) = of(&item);
        let group = group_of(&mut groups, resource);
        if let Some(group) = group.and_then(|scopes| group_of(scopes, scope)) {
            group.push(item);
        }
    }
    groups
}

/// The members of a group; a new one is empty.
fn group_of<'g, 'a, K: PartialEq, T>(
    groups: &'g mut Vec<Group<'a, K, T>>,
    of: &'a Arc<K>,
) -> Option<&'g mut Vec<T>> {
    // Spans of a trace share most resources by reference; some are only equal.
    let is_same = |(other, _): &Group<'a, K, T>| Arc::ptr_eq(other, of) || *other == of;
    let index = groups.iter().position(is_same).unwrap_or_else(|| {
        groups.push((of, Vec::new()));
        groups.len() - 1
    });
    groups.get_mut(index).map(|(_, members)| members)
}

impl<'a> ResourceJson<'a> {
    pub(super) fn new(of: &'a Resource<'a>) -> Self {
        Self {
            attributes: key_values(&of.attributes),
            dropped_attributes_count: of.dropped_attributes,
        }
    }
}

impl<'a> ScopeJson<'a> {
    pub(super) fn new(of: &'a Scope<'a>) -> Self {
        Self {
            name: &of.name,
            version: &of.version,
            attributes: key_values(&of.attributes),
            dropped_attributes_count: of.dropped_attributes,
        }
    }
}

impl<'a> SpanJson<'a> {
    fn new(span: &'a Span<'a>, dialect: Dialect) -> Self {
        Self {
            trace_id: dialect.id(span.trace_id.as_bytes()),
            span_id: dialect.id(span.span_id.as_bytes()),
            trace_state: &span.trace_state,
            parent_span_id: span.parent.map(|id| dialect.id(id.as_bytes())),
            flags: span.flags,
            name: &span.name,
            kind: dialect.kind(span.kind),
            start_time_unix_nano: span.start.0,
            end_time_unix_nano: span.end.0,
            attributes: key_values(&span.attributes),
            dropped_attributes_count: span.dropped.attributes,
            events: span.events.iter().map(EventJson::new).collect(),
            dropped_events_count: span.dropped.events,
            links: span
                .links
                .iter()
                .map(|link| LinkJson::new(link, dialect))
                .collect(),
            dropped_links_count: span.dropped.links,
            status: StatusJson::new(&span.status, dialect),
        }
    }
}

/// The events of a span as a list in JSON.
///
/// # Errors
/// None that is known: texts and numbers can be written.
pub fn events_json(events: &[Event<'_>]) -> serde_json::Result<String> {
    serde_json::to_string(&events.iter().map(EventJson::new).collect::<Vec<_>>())
}

/// The links of a span as a list in JSON.
///
/// # Errors
/// None that is known: texts and numbers can be written.
pub fn links_json(links: &[Link<'_>]) -> serde_json::Result<String> {
    let links = links.iter().map(|link| LinkJson::new(link, Dialect::Otlp));
    serde_json::to_string(&links.collect::<Vec<_>>())
}

impl<'a> EventJson<'a> {
    fn new(event: &'a Event<'a>) -> Self {
        Self {
            time_unix_nano: event.time.0,
            name: &event.name,
            attributes: key_values(&event.attributes),
            dropped_attributes_count: event.dropped_attributes,
        }
    }
}

impl<'a> LinkJson<'a> {
    fn new(link: &'a Link<'a>, dialect: Dialect) -> Self {
        Self {
            trace_id: link.trace_id.map(|id| dialect.id(id.as_bytes())),
            span_id: link.span_id.map(|id| dialect.id(id.as_bytes())),
            trace_state: &link.trace_state,
            attributes: key_values(&link.attributes),
            dropped_attributes_count: link.dropped_attributes,
            flags: link.flags,
        }
    }
}

impl<'a> StatusJson<'a> {
    fn new(status: &'a Status<'a>, dialect: Dialect) -> Self {
        Self {
            message: &status.message,
            code: dialect.status(status.code),
        }
    }
}

pub(super) fn key_values<'a>(attributes: &'a [Attribute<'a>]) -> Vec<KeyValue<'a>> {
    attributes.iter().map(KeyValue::new).collect()
}

impl<'a> KeyValue<'a> {
    fn new(attribute: &'a Attribute<'a>) -> Self {
        Self {
            key: &attribute.key,
            value: AnyValue::new(&attribute.value),
        }
    }
}

impl<'a> AnyValue<'a> {
    pub(super) fn new(value: &'a Value<'a>) -> Self {
        Self(match value {
            Value::Empty => None,
            Value::String(text) => Some(Member::String(text)),
            Value::Bool(bool) => Some(Member::Bool(*bool)),
            Value::Int(int) => Some(Member::Int(int.to_string())),
            Value::Double(double) => Some(Member::Double(Double(*double))),
            Value::Array(values) => Some(Member::Array(Values {
                values: values.iter().map(AnyValue::new).collect(),
            })),
            Value::Map(entries) => Some(Member::Map(Values {
                values: key_values(entries),
            })),
            Value::Bytes(bytes) => Some(Member::Bytes(BASE64.encode(bytes))),
        })
    }
}

impl Serialize for AnyValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(member) => member.serialize(serializer),
            None => serializer.collect_map(None::<(&str, &str)>),
        }
    }
}

/// NaN and the infinities, which JSON lacks, are written as text.
impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(&Value::Double(self.0).text())
        }
    }
}
