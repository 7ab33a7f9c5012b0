//! OTLP in JSON, the answer of Jaeger's v3 API and of both of Tempo's.
//!
//! OTLP's own JSON has ids in hexadecimal and enums as numbers; Tempo uses protobuf's, with ids in
//! base64 and enums by name. Both are accepted everywhere.
//!
//! Specs: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>,
//! <https://grafana.com/docs/tempo/latest/api_docs/>

mod json;
mod logs;

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;

use self::json::{AnyValue, KeyValue, OtlpEvent, OtlpLink, OtlpSpan, OtlpStatus, ResourceSpans};
use super::{ReadError, get};
use crate::model::{
    Attribute, Code, Dropped, Event, Id, Kind, Link, Resource, Scope, Span, Status, TraceId, Value,
};
pub(crate) use logs::read_logs;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Traces {
    /// Called batches in Tempo's v1 API.
    #[serde(alias = "batches")]
    resource_spans: Vec<ResourceSpans>,
}

/// Reads Jaeger's `/api/v3/traces/{id}`; if `raw` is set, without Jaeger's adjustments. The
/// parameter has its old name, which newer versions accept too.
pub(super) fn v3(url: &str, id: TraceId, raw: bool) -> Result<Vec<Span>, ReadError> {
    #[derive(Deserialize)]
    struct Answer {
        result: Traces,
    }
    let query = if raw { "?raw_traces=true" } else { "" };
    let url = format!("{url}/api/v3/traces/{id}{query}");
    let answer: Option<Answer> = get(&url)?;
    let mut spans = read(&url, answer.map(|answer| answer.result))?;
    spans.iter_mut().for_each(take_notes);
    Ok(spans)
}

/// The attribute that holds Jaeger's warnings about a span.
const NOTES: &str = "@jaeger@warnings";

/// Removes Jaeger's warnings from the attributes, since they were not sent.
fn take_notes(span: &mut Span) {
    let is_note = |attribute: &mut Attribute| attribute.key == NOTES;
    for attribute in span.attributes.extract_if(.., is_note) {
        match attribute.value {
            Value::Array(notes) => span.notes.extend(notes.iter().map(Value::text)),
            other => span.notes.push(other.text()),
        }
    }
}

/// Reads Tempo's `/api/traces/{id}`.
pub(super) fn tempo_v1(url: &str, id: TraceId) -> Result<Vec<Span>, ReadError> {
    let url = format!("{url}/api/traces/{id}");
    read(&url, get(&url)?)
}

/// Reads Tempo's `/api/v2/traces/{id}`, which answers with an empty trace if it is unknown.
pub(super) fn tempo_v2(url: &str, id: TraceId) -> Result<Vec<Span>, ReadError> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        trace: Traces,
    }
    let url = format!("{url}/api/v2/traces/{id}");
    let answer: Option<Answer> = get(&url)?;
    read(&url, answer.map(|answer| answer.trace))
}

fn read(url: &str, traces: Option<Traces>) -> Result<Vec<Span>, ReadError> {
    let groups = traces.unwrap_or_default().resource_spans;
    spans(groups).map_err(|reason| ReadError::answer(url, reason))
}

fn spans(groups: Vec<ResourceSpans>) -> Result<Vec<Span>, String> {
    let mut spans = Vec::new();
    for group in groups {
        let resource = Arc::new(Resource {
            attributes: attributes(group.resource.attributes)?,
            dropped: group.resource.dropped_attributes_count,
            schema_url: group.schema_url,
        });
        for group in group.scope_spans {
            let scope = Arc::new(Scope {
                name: group.scope.name,
                version: group.scope.version,
                attributes: attributes(group.scope.attributes)?,
                dropped: group.scope.dropped_attributes_count,
                schema_url: group.schema_url,
            });
            for it in group.spans {
                spans.push(Span {
                    resource: Arc::clone(&resource),
                    scope: Arc::clone(&scope),
                    ..span(it)?
                });
            }
        }
    }
    Ok(spans)
}

fn span(it: OtlpSpan) -> Result<Span, String> {
    let parent: Id<8> = id(&it.parent_span_id)?;
    Ok(Span {
        trace_id: id(&it.trace_id)?,
        span_id: id(&it.span_id)?,
        parent: (!parent.is_zero()).then_some(parent),
        trace_state: it.trace_state,
        flags: it.flags,
        name: it.name,
        kind: it.kind.find("SPAN_KIND_", &Kind::ALL, Kind::name),
        start: it.start_time_unix_nano.u64()?,
        end: it.end_time_unix_nano.u64()?,
        attributes: attributes(it.attributes)?,
        events: all(it.events, event)?,
        links: all(it.links, link)?,
        status: status(it.status),
        dropped: Dropped {
            attributes: it.dropped_attributes_count,
            events: it.dropped_events_count,
            links: it.dropped_links_count,
        },
        ..Span::default()
    })
}

fn event(it: OtlpEvent) -> Result<Event, String> {
    Ok(Event {
        time: it.time_unix_nano.u64()?,
        name: it.name,
        attributes: attributes(it.attributes)?,
        dropped: it.dropped_attributes_count,
    })
}

fn link(it: OtlpLink) -> Result<Link, String> {
    Ok(Link {
        trace_id: id(&it.trace_id)?,
        span_id: id(&it.span_id)?,
        trace_state: it.trace_state,
        attributes: attributes(it.attributes)?,
        dropped: it.dropped_attributes_count,
        flags: it.flags,
    })
}

fn status(it: OtlpStatus) -> Status {
    let codes = [Code::Unset, Code::Ok, Code::Error];
    Status {
        code: it.code.find("STATUS_CODE_", &codes, Code::name),
        message: it.message,
    }
}

fn all<A, B>(list: Vec<A>, read: fn(A) -> Result<B, String>) -> Result<Vec<B>, String> {
    list.into_iter().map(read).collect()
}

fn attributes(pairs: Vec<KeyValue>) -> Result<Vec<Attribute>, String> {
    all(pairs, |pair| {
        Ok(Attribute {
            key: pair.key,
            value: value(pair.value.unwrap_or_default())?,
        })
    })
}

fn value(any: AnyValue) -> Result<Value, String> {
    Ok(match any {
        AnyValue::Empty {} => Value::Empty,
        AnyValue::String { string_value } => Value::String(string_value),
        AnyValue::Bool { bool_value } => Value::Bool(bool_value),
        AnyValue::Int { int_value } => Value::Int(int_value.i64()?),
        AnyValue::Double { double_value } => Value::Double(double_value.f64()?),
        AnyValue::Array { array_value } => Value::Array(all(array_value.values, value)?),
        AnyValue::Map { kvlist_value } => Value::Map(attributes(kvlist_value.values)?),
        AnyValue::Bytes { bytes_value } => Value::Bytes(
            BASE64_STANDARD
                .decode(&bytes_value)
                .map_err(|_| format!("{bytes_value:?} is not base64"))?,
        ),
    })
}

/// An id in hexadecimal or base64, which differ in length; it must not be zero.
fn id<const N: usize>(text: &str) -> Result<Id<N>, String> {
    if text.is_empty() {
        return Ok(Id::default());
    }
    let hex = (text.len() == 2 * N).then(|| Id::from_hex(text)).flatten();
    let base64 = || {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        Some(Id(bytes.try_into().ok()?))
    };
    hex.or_else(base64)
        .ok_or_else(|| format!("{text:?} is not an id of {N} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute;

    fn one(json: &str) -> Span {
        let traces: Traces = serde_json::from_str(json).unwrap();
        let mut spans = spans(traces.resource_spans).unwrap();
        assert_eq!(spans.len(), 1);
        spans.remove(0)
    }

    #[test]
    fn the_json_of_protobuf_is_read() {
        let span = one(r#"{"batches":[{
                "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"demo"}}]},
                "scopeSpans":[{"scope":{"name":"x"},"spans":[{
                    "traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"t61rcWkgMzE=",
                    "parentSpanId":"APBnqgupArc=","name":"bar","kind":"SPAN_KIND_CLIENT",
                    "startTimeUnixNano":"1544712660000001999","endTimeUnixNano":"1544712661000000000",
                    "attributes":[{"key":"speed","value":{"doubleValue":100}},
                                  {"key":"nan","value":{"doubleValue":"NaN"}},
                                  {"key":"port","value":{"intValue":"8082"}},
                                  {"key":"empty","value":{}},
                                  {"key":"my_atribbute","value":{"boolValue":true}}],
                    "events":[{"timeUnixNano":"1544712660500000000","name":"seen"}],
                    "links":[{"traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"APBnqgupArc="}],
                    "status":{"code":"STATUS_CODE_ERROR"}}]}]}]}"#);
        assert_eq!(
            span.trace_id.to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(span.span_id.to_string(), "b7ad6b7169203331");
        assert_eq!(span.parent, Id::from_hex("00f067aa0ba902b7"));
        assert_eq!(span.kind, Kind::Client);
        assert_eq!(span.status.code, Code::Error);
        assert_eq!(span.start, 1_544_712_660_000_001_999);
        assert_eq!(
            span.attributes,
            [
                attribute("speed", 100.0),
                attribute("nan", f64::NAN),
                attribute("port", 8082),
                attribute("empty", Value::Empty),
                attribute("my_atribbute", true),
            ]
        );
        assert_eq!(span.events[0].name, "seen");
        assert_eq!(span.links.len(), 1);
        assert_eq!(span.resource.service(), "demo");
    }

    #[test]
    fn the_json_of_otlp_is_read() {
        let span = one(
            r#"{"resourceSpans":[{"resource":{},"schemaUrl":"r","scopeSpans":[{"schemaUrl":"s",
                "scope":{},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",
                "spanId":"b7ad6b7169203331","name":"bar","kind":3,"startTimeUnixNano":"1",
                "endTimeUnixNano":2,"status":{"code":1},"flags":769,
                "attributes":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":1},
                    {"kvlistValue":{"values":[{"key":"k","value":{"bytesValue":"AQI="}}]}}]}}}]}]}]}]}"#,
        );
        assert_eq!((span.kind, span.status.code), (Kind::Client, Code::Ok));
        assert_eq!((span.start, span.end, span.flags), (1, 2, 769));
        assert_eq!(span.resource.schema_url, "r");
        assert_eq!(span.scope.schema_url, "s");
        let map = vec![attribute("k", vec![1_u8, 2])];
        assert_eq!(
            span.attributes,
            [attribute("a", vec![Value::Int(1), map.into()])]
        );
    }
}
