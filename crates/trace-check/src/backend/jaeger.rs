//! Jaeger's `/api/traces/{id}`.
//!
//! The format: <https://www.jaegertracing.io/docs/latest/apis/>; a span's OpenTelemetry fields
//! stand among its tags, as the specification's "OpenTelemetry to Jaeger Transformation" says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Backend, ReadError, answer, get};
use crate::span::{Attributes, Event, Span, Value};

pub(super) struct Jaeger {
    pub(super) url: String,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Vec<Trace>>,
}

#[derive(Deserialize)]
struct Trace {
    spans: Vec<JaegerSpan>,
    processes: BTreeMap<String, Process>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JaegerSpan {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    operation_name: String,
    references: Vec<Reference>,
    start_time: i64,
    duration: i64,
    tags: Vec<Tag>,
    logs: Vec<Log>,
    #[serde(rename = "processID")]
    process_id: String,
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
    timestamp: i64,
    fields: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    #[serde(rename = "type")]
    kind: String,
    value: Json,
}

impl Backend for Jaeger {
    fn trace(&self, trace_id: &str) -> Result<Vec<Span>, ReadError> {
        let url = format!("{}/api/traces/{trace_id}", self.url);
        let Some(Answer { data }) = get(&url)? else {
            return Ok(Vec::new());
        };
        data.unwrap_or_default()
            .into_iter()
            .flat_map(|trace| {
                let Trace { spans, processes } = trace;
                spans.into_iter().map(move |span| convert(span, &processes))
            })
            .collect::<Result<_, _>>()
            .map_err(|reason| answer(&url, reason))
    }
}

fn convert(span: JaegerSpan, processes: &BTreeMap<String, Process>) -> Result<Span, String> {
    let process = processes.get(&span.process_id);
    let process = process.ok_or_else(|| format!("no process {:?}", span.process_id))?;
    let mut resource = attributes(&process.tags);
    resource.insert(
        "service.name".to_owned(),
        Value::String(process.service_name.clone()),
    );

    let trace_id = padded(&span.trace_id);
    let (parent_id, links) = parent_and_links(&trace_id, span.references);

    let mut tags = attributes(&span.tags);
    let status = take_text(&mut tags, "otel.status_code");
    if status.as_deref() == Some("ERROR") {
        tags.remove("error");
    }
    // The printed form does not tell the scope.
    tags.remove("otel.scope.name");
    tags.remove("otel.scope.version");
    Ok(Span {
        trace_id,
        span_id: span.span_id,
        parent_id,
        name: span.operation_name,
        kind: take_text(&mut tags, "span.kind")
            .map_or("INTERNAL".into(), |kind| kind.to_uppercase()),
        start_us: span.start_time,
        end_us: span.start_time.saturating_add(span.duration),
        status: status.unwrap_or_else(|| "UNSET".to_owned()),
        status_description: take_text(&mut tags, "otel.status_description").unwrap_or_default(),
        attributes: tags,
        events: span.logs.iter().map(event).collect(),
        links,
        resource,
    })
}

/// The parent is the first `CHILD_OF` of the same trace. Without one it is the first `FOLLOWS_FROM` of
/// the same trace, which is a link too: Jaeger writes a link to the parent in the parent's place.
fn parent_and_links(
    trace_id: &str,
    references: Vec<Reference>,
) -> (Option<String>, Vec<(String, String)>) {
    let find = |kind: &str| {
        references.iter().position(|reference| {
            reference.ref_type == kind && padded(&reference.trace_id) == trace_id
        })
    };
    let (child_of, follows_from) = (find("CHILD_OF"), find("FOLLOWS_FROM"));
    let parent = child_of.or(follows_from);
    let parent_id = parent.map(|index| references[index].span_id.clone());
    let links = references
        .into_iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != child_of)
        .map(|(_, reference)| (padded(&reference.trace_id), reference.span_id))
        .collect();
    (parent_id, links)
}

fn event(log: &Log) -> Event {
    let mut attributes = attributes(&log.fields);
    Event {
        name: take_text(&mut attributes, "event").unwrap_or_default(),
        time_us: log.timestamp,
        attributes,
    }
}

/// Jaeger leaves the high half of an id out where it is zero.
fn padded(trace_id: &str) -> String {
    format!("{trace_id:0>32}")
}

fn take_text(attributes: &mut Attributes, key: &str) -> Option<String> {
    match attributes.get(key) {
        Some(Value::String(_)) => match attributes.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn attributes(tags: &[Tag]) -> Attributes {
    tags.iter()
        .map(|tag| (tag.key.clone(), value(&tag.kind, &tag.value)))
        .collect()
}

/// A number's type stands beside it: JSON does not tell 100 from 100.0, and integers beyond 2^53
/// come as text.
fn value(kind: &str, json: &Json) -> Value {
    match (kind, json) {
        ("float64", Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        ("int64", Json::String(text)) => text
            .parse()
            .map_or_else(|_| Value::String(text.clone()), Value::Int),
        _ => Value::from_json(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<Span> {
        let answer: Answer = serde_json::from_str(json).unwrap();
        let trace = answer.data.unwrap().remove(0);
        let processes = trace.processes;
        trace
            .spans
            .into_iter()
            .map(|span| convert(span, &processes).unwrap())
            .collect()
    }

    #[test]
    fn a_link_in_the_place_of_the_parent_is_both() {
        let reference = |ref_type: &str, trace_id: &str| Reference {
            ref_type: ref_type.into(),
            trace_id: trace_id.into(),
            span_id: "01".into(),
        };
        let trace_id = padded("f");
        let here = (trace_id.clone(), "01".to_owned());
        let both = (Some("01".to_owned()), vec![here.clone()]);

        let merged = vec![reference("FOLLOWS_FROM", "f")];
        assert_eq!(parent_and_links(&trace_id, merged), both);
        let separate = vec![reference("CHILD_OF", "f"), reference("FOLLOWS_FROM", "f")];
        assert_eq!(parent_and_links(&trace_id, separate), both);
        let elsewhere = vec![reference("FOLLOWS_FROM", "e")];
        assert_eq!(
            parent_and_links(&trace_id, elsewhere),
            (None, vec![(padded("e"), "01".to_owned())])
        );
    }

    #[test]
    fn a_span_is_read_with_all_its_parts() {
        let spans = read(
            r#"{"data":[{"traceID":"1","spans":[{
                "traceID":"000000000000000f","spanID":"0000000000000002","flags":1,
                "operationName":"bar",
                "references":[
                    {"refType":"CHILD_OF","traceID":"000000000000000f","spanID":"0000000000000001"},
                    {"refType":"FOLLOWS_FROM","traceID":"000000000000000f","spanID":"0000000000000001"}],
                "startTime":1000,"duration":20,
                "tags":[
                    {"key":"otel.scope.name","type":"string","value":"demo"},
                    {"key":"speed","type":"float64","value":100},
                    {"key":"big","type":"int64","value":"9007199254740993"},
                    {"key":"span.kind","type":"string","value":"client"},
                    {"key":"otel.status_code","type":"string","value":"ERROR"},
                    {"key":"otel.status_description","type":"string","value":"no"},
                    {"key":"error","type":"bool","value":true}],
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
        assert_eq!(span.trace_id, "0000000000000000000000000000000f");
        assert_eq!(span.parent_id.as_deref(), Some("0000000000000001"));
        assert_eq!(
            span.links,
            [(span.trace_id.clone(), "0000000000000001".into())]
        );
        assert_eq!(span.kind, "CLIENT");
        assert_eq!(
            (span.status.as_str(), span.status_description.as_str()),
            ("ERROR", "no")
        );
        assert_eq!((span.start_us, span.end_us), (1000, 1020));
        assert_eq!(
            span.attributes,
            [
                ("big".to_owned(), Value::Int(9_007_199_254_740_993)),
                ("speed".to_owned(), Value::Double(100.0)),
            ]
            .into()
        );
        assert_eq!(span.events[0].name, "event in foo");
        assert_eq!(span.events[0].attributes.len(), 1);
        assert_eq!(span.resource.len(), 2);
    }
}
