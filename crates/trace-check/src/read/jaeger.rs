//! Jaeger's `/api/traces/{id}`.
//!
//! The format: <https://www.jaegertracing.io/docs/latest/apis/>. OpenTelemetry's fields of a span
//! are among its tags, as in the specification's "OpenTelemetry to Jaeger Transformation".

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{ReadError, get};
use crate::model::{
    Attribute, Code, Event, Kind, Link, Resource, Scope, Span, SpanId, Status, TraceId, Value,
    attribute,
};

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) data: Option<Vec<JaegerTrace>>,
}

#[derive(Deserialize)]
pub(super) struct JaegerTrace {
    spans: Vec<JaegerSpan>,
    processes: BTreeMap<String, Process>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
    #[serde(default)]
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JaegerSpan {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    #[serde(default)]
    flags: u32,
    operation_name: String,
    references: Option<Vec<Reference>>,
    start_time: u64,
    duration: u64,
    tags: Option<Vec<Tag>>,
    logs: Option<Vec<Log>>,
    #[serde(rename = "processID")]
    process_id: String,
    #[serde(default)]
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    ref_type: String,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Deserialize)]
struct Log {
    timestamp: u64,
    fields: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    #[serde(rename = "type", default)]
    kind: String,
    value: Json,
}

/// Reads a trace; if `raw` is set, without Jaeger's adjustments.
pub(super) fn trace(url: &str, id: TraceId, raw: bool) -> Result<Vec<Span>, ReadError> {
    let query = if raw { "?raw=true" } else { "" };
    let url = format!("{url}/api/traces/{id}{query}");
    let Some(Answer { data }) = get(&url)? else {
        return Ok(Vec::new());
    };
    let traces = data.unwrap_or_default().into_iter().map(spans);
    let spans: Result<Vec<_>, _> = traces.collect();
    spans
        .map(|traces| traces.into_iter().flatten().collect())
        .map_err(|reason| ReadError::answer(&url, reason))
}

pub(super) fn spans(trace: JaegerTrace) -> Result<Vec<Span>, String> {
    let processes: BTreeMap<_, _> = trace
        .processes
        .into_iter()
        .map(|(id, process)| (id, Arc::new(resource(process))))
        .collect();
    trace
        .spans
        .into_iter()
        .map(|span| convert(span, &processes))
        .collect()
}

fn resource(process: Process) -> Resource {
    let mut attributes = Vec::new();
    if !process.service_name.is_empty() {
        attributes.push(attribute("service.name", process.service_name));
    }
    attributes.extend(process.tags.unwrap_or_default().into_iter().map(tag));
    Resource {
        attributes,
        ..Resource::default()
    }
}

fn convert(span: JaegerSpan, processes: &BTreeMap<String, Arc<Resource>>) -> Result<Span, String> {
    let resource = processes
        .get(&span.process_id)
        .ok_or_else(|| format!("span {} has no process", span.span_id))?;
    let trace_id = trace_id(&span.trace_id)?;
    let (parent, links) = parent_and_links(trace_id, &span.references.unwrap_or_default())?;
    let mut tags: Vec<_> = span.tags.unwrap_or_default().into_iter().map(tag).collect();
    let scope = Scope {
        name: take_text(&mut tags, "otel.scope.name"),
        version: take_text(&mut tags, "otel.scope.version"),
        ..Scope::default()
    };
    let kind = take_kind(&mut tags);
    let status = take_status(&mut tags);
    let trace_state = take_text(&mut tags, "w3c.tracestate");
    let start = span.start_time.saturating_mul(1_000);
    Ok(Span {
        trace_id,
        span_id: span_id(&span.span_id)?,
        parent,
        trace_state,
        flags: span.flags,
        name: span.operation_name,
        kind,
        start,
        end: start.saturating_add(span.duration.saturating_mul(1_000)),
        attributes: tags,
        events: span
            .logs
            .unwrap_or_default()
            .into_iter()
            .map(event)
            .collect(),
        links,
        status,
        resource: Arc::clone(resource),
        scope: Arc::new(scope),
        notes: span.warnings.unwrap_or_default(),
        ..Span::default()
    })
}

/// The parent is the first `CHILD_OF` in the same trace. If there is none, it is the first
/// `FOLLOWS_FROM` in the same trace, which is also a link: Jaeger writes a link to the parent in
/// the parent's place.
fn parent_and_links(
    trace: TraceId,
    references: &[Reference],
) -> Result<(Option<SpanId>, Vec<Link>), String> {
    let mut read = Vec::new();
    for reference in references {
        let ids = (trace_id(&reference.trace_id)?, span_id(&reference.span_id)?);
        read.push((reference.ref_type.as_str(), ids));
    }
    let find = |kind| {
        read.iter()
            .position(|(k, (id, _))| *k == kind && *id == trace)
    };
    let child_of = find("CHILD_OF");
    let parent = child_of.or_else(|| find("FOLLOWS_FROM"));
    let parent = parent
        .and_then(|index| read.get(index))
        .map(|(_, (_, id))| *id);
    let links = read
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != child_of)
        .map(|(_, (kind, (trace_id, span_id)))| Link {
            trace_id: *trace_id,
            span_id: *span_id,
            // The only attribute of a link that this API shows.
            attributes: (*kind == "CHILD_OF")
                .then(|| attribute("opentracing.ref_type", "child_of"))
                .into_iter()
                .collect(),
            ..Link::default()
        })
        .collect();
    Ok((parent, links))
}

fn event(log: Log) -> Event {
    let mut attributes: Vec<_> = log.fields.into_iter().map(tag).collect();
    Event {
        name: take_text(&mut attributes, "event"),
        time: log.timestamp.saturating_mul(1_000),
        attributes,
        ..Event::default()
    }
}

/// A kind that OpenTelemetry does not have stays an attribute.
fn take_kind(tags: &mut Vec<Attribute>) -> Kind {
    let name = text_of(tags, "span.kind").map(str::to_uppercase);
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| Some(kind.name()) == name.as_deref());
    if kind.is_some() {
        take_text(tags, "span.kind");
    }
    kind.unwrap_or_default()
}

fn take_status(tags: &mut Vec<Attribute>) -> Status {
    let code = match text_of(tags, "otel.status_code") {
        Some("OK") => Code::Ok,
        Some("ERROR") => Code::Error,
        _ => return Status::default(),
    };
    take_text(tags, "otel.status_code");
    if code == Code::Error {
        tags.retain(|tag| !(tag.key == "error" && tag.value == Value::Bool(true)));
    }
    Status {
        code,
        message: take_text(tags, "otel.status_description"),
    }
}

fn text_of<'a>(tags: &'a [Attribute], key: &str) -> Option<&'a str> {
    tags.iter().find_map(|tag| match &tag.value {
        Value::String(text) if tag.key == key => Some(text.as_str()),
        _ => None,
    })
}

/// Removes and returns the first text with that key; "" if there is none.
fn take_text(tags: &mut Vec<Attribute>, key: &str) -> String {
    let is_it = |tag: &Attribute| tag.key == key && matches!(tag.value, Value::String(_));
    let index = tags.iter().position(is_it);
    match index.map(|index| tags.remove(index).value) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn trace_id(text: &str) -> Result<TraceId, String> {
    TraceId::from_hex(text).ok_or_else(|| format!("{text:?} is not a trace id"))
}

fn span_id(text: &str) -> Result<SpanId, String> {
    SpanId::from_hex(text).ok_or_else(|| format!("{text:?} is not a span id"))
}

/// The type of a value is given beside it: JSON does not distinguish 100 from 100.0, and integers
/// beyond 2^53, NaN and the infinities are given as text.
fn tag(tag: Tag) -> Attribute {
    let value = match (tag.kind.as_str(), tag.value) {
        ("int64", Json::String(text)) => text.parse().map_or(Value::String(text), Value::Int),
        ("int64", Json::Number(number)) => number.as_i64().map_or_else(
            || Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            Value::Int,
        ),
        ("float64", Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        ("float64", Json::String(text)) => match text.as_str() {
            "NaN" => Value::Double(f64::NAN),
            "Infinity" => Value::Double(f64::INFINITY),
            "-Infinity" => Value::Double(f64::NEG_INFINITY),
            _ => Value::String(text),
        },
        ("binary", Json::String(text)) => BASE64_STANDARD
            .decode(&text)
            .map_or(Value::String(text), Value::Bytes),
        (_, Json::Bool(bool)) => Value::Bool(bool),
        (_, Json::String(text)) => Value::String(text),
        (_, other) => Value::String(other.to_string()),
    };
    Attribute {
        key: tag.key,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<Span> {
        let answer: Answer = serde_json::from_str(json).unwrap();
        spans(answer.data.unwrap().remove(0)).unwrap()
    }

    #[test]
    fn a_link_in_the_place_of_the_parent_is_both() {
        let reference = |ref_type: &str, trace_id: &str| Reference {
            ref_type: ref_type.into(),
            trace_id: trace_id.into(),
            span_id: "01".into(),
        };
        let here = trace_id("f").unwrap();
        let one = SpanId::from_hex("1");
        let read = |references: &[Reference]| {
            let (parent, links) = parent_and_links(here, references).unwrap();
            (parent, links.len())
        };
        assert_eq!(read(&[reference("FOLLOWS_FROM", "f")]), (one, 1));
        let separate = [reference("CHILD_OF", "f"), reference("FOLLOWS_FROM", "f")];
        assert_eq!(read(&separate), (one, 1));
        assert_eq!(read(&[reference("FOLLOWS_FROM", "e")]), (None, 1));
    }

    #[test]
    fn a_span_is_read_with_all_its_parts() {
        let spans = read(
            r#"{"data":[{"traceID":"1","spans":[{
                "traceID":"000000000000000f","spanID":"0000000000000002","flags":1,
                "operationName":"bar",
                "references":[
                    {"refType":"CHILD_OF","traceID":"000000000000000f","spanID":"0000000000000001"}],
                "startTime":1000,"duration":20,
                "tags":[
                    {"key":"otel.scope.name","type":"string","value":"demo"},
                    {"key":"speed","type":"float64","value":100},
                    {"key":"nan","type":"float64","value":"NaN"},
                    {"key":"bytes","type":"binary","value":"AQI="},
                    {"key":"big","type":"int64","value":"9007199254740993"},
                    {"key":"span.kind","type":"string","value":"client"},
                    {"key":"otel.status_code","type":"string","value":"ERROR"},
                    {"key":"otel.status_description","type":"string","value":"no"},
                    {"key":"error","type":"bool","value":true},
                    {"key":"w3c.tracestate","type":"string","value":"a=1"}],
                "logs":[{"timestamp":1001,"fields":[
                    {"key":"event","type":"string","value":"event in foo"},
                    {"key":"name","type":"string","value":"foo1"}]}],
                "processID":"p1","warnings":null}],
              "processes":{"p1":{"serviceName":"demo","tags":[
                {"key":"telemetry.sdk.name","type":"string","value":"opentelemetry"}]}},
              "warnings":null}],"total":0,"limit":0,"offset":0,"errors":null}"#,
        );
        let [span] = spans.as_slice() else {
            panic!("expected one span, found {spans:?}");
        };
        assert_eq!(
            span.trace_id.to_string(),
            "0000000000000000000000000000000f"
        );
        assert_eq!(span.parent, SpanId::from_hex("1"));
        assert_eq!(span.kind, Kind::Client);
        assert_eq!(
            (span.status.code, span.status.message.as_str()),
            (Code::Error, "no")
        );
        assert_eq!((span.start, span.end), (1_000_000, 1_020_000));
        assert_eq!((span.trace_state.as_str(), span.flags), ("a=1", 1));
        assert_eq!(span.scope.name, "demo");
        assert_eq!(
            span.attributes,
            [
                attribute("speed", 100.0),
                attribute("nan", f64::NAN),
                attribute("bytes", vec![1_u8, 2]),
                attribute("big", 9_007_199_254_740_993),
            ]
        );
        assert_eq!(span.events[0].name, "event in foo");
        assert_eq!(span.events[0].attributes.len(), 1);
        assert_eq!(span.resource.service(), "demo");
        assert_eq!(span.resource.attributes.len(), 2);
    }
}
