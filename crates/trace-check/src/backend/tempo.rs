//! Grafana Tempo's `/api/v2/traces/{id}`: OTLP in protobuf's JSON form.
//!
//! <https://grafana.com/docs/tempo/latest/api_docs/>

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Backend, ReadError, answer, get};
use crate::span::{Attributes, Event, Span, Value};

pub(super) struct Tempo {
    pub(super) url: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    trace: Trace,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Trace {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource {
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeSpans {
    spans: Vec<OtlpSpan>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OtlpSpan {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: String,
    kind: String,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<KeyValue>,
    events: Vec<OtlpEvent>,
    links: Vec<OtlpLink>,
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OtlpEvent {
    time_unix_nano: String,
    name: String,
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OtlpLink {
    trace_id: String,
    span_id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    code: String,
    message: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct KeyValue {
    key: String,
    value: serde_json::Map<String, Json>,
}

impl Backend for Tempo {
    fn trace(&self, trace_id: &str) -> Result<Vec<Span>, ReadError> {
        let url = format!("{}/api/v2/traces/{trace_id}", self.url);
        let Some(Answer { trace }) = get(&url)? else {
            return Ok(Vec::new());
        };
        let mut spans = Vec::new();
        for resource_spans in trace.resource_spans {
            let resource = attributes(&resource_spans.resource.attributes);
            for span in resource_spans
                .scope_spans
                .iter()
                .flat_map(|scope| &scope.spans)
            {
                spans.push(convert(span, &resource).map_err(|reason| answer(&url, reason))?);
            }
        }
        Ok(spans)
    }
}

fn convert(span: &OtlpSpan, resource: &Attributes) -> Result<Span, String> {
    let mut attributes = attributes(&span.attributes);
    // Over Thrift, Tempo leaves the scope among the attributes; the printed form does not tell it.
    attributes.remove("otel.scope.name");
    attributes.remove("otel.scope.version");
    let kind = match span.kind.strip_prefix("SPAN_KIND_") {
        None | Some("UNSPECIFIED") => "INTERNAL",
        Some(kind) => kind,
    };
    let status = span.status.code.strip_prefix("STATUS_CODE_");
    Ok(Span {
        trace_id: hex_id(&span.trace_id)?,
        span_id: hex_id(&span.span_id)?,
        parent_id: match span.parent_span_id.as_str() {
            "" => None,
            id => Some(hex_id(id)?),
        },
        name: span.name.clone(),
        kind: kind.to_owned(),
        start_us: micros(&span.start_time_unix_nano)?,
        end_us: micros(&span.end_time_unix_nano)?,
        status: status.unwrap_or("UNSET").to_owned(),
        status_description: span.status.message.clone(),
        attributes,
        events: span.events.iter().map(event).collect::<Result<_, _>>()?,
        links: span
            .links
            .iter()
            .map(|link| Ok((hex_id(&link.trace_id)?, hex_id(&link.span_id)?)))
            .collect::<Result<_, String>>()?,
        resource: resource.clone(),
    })
}

fn event(event: &OtlpEvent) -> Result<Event, String> {
    Ok(Event {
        name: event.name.clone(),
        time_us: micros(&event.time_unix_nano)?,
        attributes: attributes(&event.attributes),
    })
}

fn micros(nanos: &str) -> Result<i64, String> {
    let nanos: i64 = nanos.parse().map_err(|_| format!("{nanos:?} is no time"))?;
    Ok(nanos / 1_000)
}

/// Ids are base64, as protobuf's JSON form has bytes, where OTLP's own has hexadecimal.
fn hex_id(id: &str) -> Result<String, String> {
    if matches!(id.len(), 16 | 32) && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(id.to_lowercase());
    }
    let bytes = BASE64_STANDARD
        .decode(id)
        .map_err(|_| format!("{id:?} is no id"))?;
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

fn attributes(pairs: &[KeyValue]) -> Attributes {
    pairs
        .iter()
        .map(|pair| (pair.key.clone(), value(&pair.value)))
        .collect()
}

/// An `AnyValue` is an object with one member that names the type.
fn value(any: &serde_json::Map<String, Json>) -> Value {
    match any.iter().next() {
        Some((kind, Json::String(text))) if kind == "intValue" => text
            .parse()
            .map_or_else(|_| Value::String(text.clone()), Value::Int),
        Some((kind, Json::Number(number))) if kind == "doubleValue" => {
            Value::Double(number.as_f64().unwrap_or(f64::NAN))
        }
        Some((_, json)) => Value::from_json(json),
        None => Value::String(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_with_all_its_parts() {
        let answer: Answer = serde_json::from_str(
            r#"{"trace":{"resourceSpans":[{
                "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"demo"}}]},
                "scopeSpans":[{"scope":{"name":"x"},"spans":[{
                    "traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"t61rcWkgMzE=",
                    "parentSpanId":"APBnqgupArc=","name":"bar","kind":"SPAN_KIND_CLIENT",
                    "startTimeUnixNano":"1544712660000001999","endTimeUnixNano":"1544712661000000000",
                    "attributes":[{"key":"speed","value":{"doubleValue":100}},
                                  {"key":"port","value":{"intValue":"8082"}},
                                  {"key":"my_atribbute","value":{"boolValue":true}}],
                    "events":[{"timeUnixNano":"1544712660500000000","name":"seen"}],
                    "links":[{"traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"APBnqgupArc="}],
                    "status":{}}]}]}]},"metrics":{}}"#,
        )
        .unwrap();
        let group = &answer.trace.resource_spans[0];
        let resource = attributes(&group.resource.attributes);
        let span = convert(&group.scope_spans[0].spans[0], &resource).unwrap();
        assert_eq!(span.trace_id, "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.span_id, "b7ad6b7169203331");
        assert_eq!(span.parent_id.as_deref(), Some("00f067aa0ba902b7"));
        assert_eq!(span.kind, "CLIENT");
        assert_eq!(span.status, "UNSET");
        assert_eq!(span.start_us, 1_544_712_660_000_001);
        assert_eq!(span.attributes["speed"], Value::Double(100.0));
        assert_eq!(span.attributes["port"], Value::Int(8082));
        assert_eq!(span.attributes["my_atribbute"], Value::Bool(true));
        assert_eq!(span.events[0].name, "seen");
        assert_eq!(span.links.len(), 1);
        assert_eq!(span.resource.len(), 1);
    }

    #[test]
    fn an_unknown_trace_is_empty() {
        let answer: Answer = serde_json::from_str(r#"{"trace":{},"metrics":{}}"#).unwrap();
        assert!(answer.trace.resource_spans.is_empty());
    }
}
