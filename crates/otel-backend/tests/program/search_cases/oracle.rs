//! An oracle for searches that checks every span: written from the documentation of Jaeger's
//! reference store, independent of the program.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ask::Ask;

/// The earliest start of a span, in nanoseconds.
const BASE: u64 = 1_700_000_000_000_000_000;

pub(super) const KINDS: [&str; 6] = ["", "internal", "server", "client", "producer", "consumer"];

pub(super) const STATUSES: [&str; 3] = ["UNSET", "OK", "ERROR"];

/// Values in OTLP's JSON, and their text.
pub(super) const VALUES: [(&str, &str); 14] = [
    (r#"{"stringValue":"x"}"#, "x"),
    (r#"{"stringValue":"a:b=c d"}"#, "a:b=c d"),
    (r#"{"stringValue":"1"}"#, "1"),
    (r#"{"intValue":"1"}"#, "1"),
    (r#"{"intValue":"-123"}"#, "-123"),
    (r#"{"intValue":"9007199254740993"}"#, "9007199254740993"),
    (r#"{"doubleValue":72.5}"#, "72.5"),
    (r#"{"doubleValue":1.0}"#, "1"),
    (r#"{"doubleValue":1e21}"#, "1e+21"),
    (r#"{"doubleValue":0.00000015}"#, "1.5e-07"),
    (r#"{"boolValue":true}"#, "true"),
    (r#"{"boolValue":false}"#, "false"),
    (r#"{"bytesValue":"AQI="}"#, "AQI="),
    (
        r#"{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"1"}]}}"#,
        r#"["a",1]"#,
    ),
];

/// The place of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Span,
    Resource,
    Scope,
    Event,
    Link,
}

/// The parts of a span that a search can ask for.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    pub(super) trace: u32,
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    /// The start, in nanoseconds after [`BASE`].
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) kind: usize,
    pub(super) status: usize,
    pub(super) scope: (&'static str, &'static str),
    pub(super) attributes: Vec<(Place, &'static str, usize)>,
}

/// An export request with all these spans, each with a resource and a scope of its own.
pub(super) fn export(sketches: &[Sketch]) -> Value {
    let spans = sketches.iter().zip(1..).map(|(sketch, id)| sketch.json(id));
    json!({ "resourceSpans": spans.collect::<Vec<_>>() })
}

impl Sketch {
    /// The start in microseconds since the epoch.
    pub(super) fn start_micros(&self) -> u64 {
        (BASE + self.start) / 1000
    }

    fn attributes_in(&self, place: Place) -> Vec<Value> {
        let here = self.attributes.iter().filter(|(p, ..)| *p == place);
        let value = |index: &usize| serde_json::from_str::<Value>(VALUES[*index].0).unwrap();
        here.map(|(_, key, index)| json!({ "key": key, "value": value(index) }))
            .collect()
    }

    fn json(&self, id: u64) -> Value {
        let start = BASE + self.start;
        let service = json!({"key": "service.name", "value": {"stringValue": self.service}});
        let mut resource = vec![service];
        resource.extend(self.attributes_in(Place::Resource));
        let at_once = start.to_string();
        json!({
            "resource": {"attributes": resource},
            "scopeSpans": [{
                "scope": {
                    "name": self.scope.0, "version": self.scope.1,
                    "attributes": self.attributes_in(Place::Scope),
                },
                "spans": [{
                    "traceId": format!("{:032x}", self.trace), "spanId": format!("{id:016x}"),
                    "name": self.name, "kind": self.kind,
                    "startTimeUnixNano": at_once,
                    "endTimeUnixNano": (start + self.duration).to_string(),
                    "status": {"code": self.status},
                    "attributes": self.attributes_in(Place::Span),
                    "events": [
                        {"timeUnixNano": at_once, "name": "empty"},
                        {"timeUnixNano": at_once, "attributes": self.attributes_in(Place::Event)},
                    ],
                    "links": [{
                        "traceId": "ffffffffffffffffffffffffffffffff", "spanId": "ffffffffffffffff",
                        "attributes": self.attributes_in(Place::Link),
                    }],
                }],
            }],
        })
    }

    /// Tags that match the span.
    pub(super) fn tags(&self) -> Vec<(String, String)> {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let is_error = STATUSES[self.status] == "ERROR";
        let mut tags = vec![
            pair("span.status", STATUSES[self.status]),
            pair("span.kind", KINDS[self.kind]),
            pair("scope.name", self.scope.0),
            pair("scope.version", self.scope.1),
            pair("service.name", self.service),
            pair("resource.service.name", self.service),
        ];
        if !self.scope.0.is_empty() {
            tags.push(pair("otel.scope.name", self.scope.0));
        }
        if STATUSES[self.status] != "UNSET" {
            tags.push(pair("error", if is_error { "true" } else { "false" }));
            tags.push(pair("error", if is_error { "1" } else { "F" }));
            tags.push(pair("otel.status_code", STATUSES[self.status]));
        }
        for (place, key, index) in &self.attributes {
            tags.push(pair(key, VALUES[*index].1));
            if *place == Place::Resource {
                tags.push(pair(&format!("resource.{key}"), VALUES[*index].1));
            }
        }
        tags
    }

    fn has_tag(&self, key: &str, value: &str) -> bool {
        let has = |key: &str, only: Option<Place>| {
            let mut attributes = self.attributes.iter();
            let found = attributes.any(|(place, k, index)| {
                only.is_none_or(|only| only == *place) && *k == key && VALUES[*index].1 == value
            });
            found || key == "service.name" && value == self.service
        };
        let is_error = STATUSES[self.status] == "ERROR";
        match key {
            "error" => match value {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => is_error,
                "0" | "f" | "F" | "false" | "FALSE" | "False" => STATUSES[self.status] == "OK",
                _ => false,
            },
            "span.status" => STATUSES[self.status] == value,
            "span.kind" => KINDS[self.kind] == value,
            "scope.name" => self.scope.0 == value,
            "scope.version" => self.scope.1 == value,
            "otel.scope.name" if !value.is_empty() => self.scope.0 == value || has(key, None),
            "otel.status_code" if value != "UNSET" => STATUSES[self.status] == value,
            key => match key.strip_prefix("resource.") {
                Some(key) => has(key, Some(Place::Resource)),
                None => has(key, None),
            },
        }
    }
}

fn matches(ask: &Ask, span: &Sketch) -> bool {
    ask.service
        .as_ref()
        .is_none_or(|service| service == span.service)
        && ask.operation.as_ref().is_none_or(|name| name == span.name)
        && BASE + span.start >= ask.from * 1000
        && BASE + span.start <= ask.to * 1000
        && ask.min.is_none_or(|min| span.duration >= min)
        && ask.max.is_none_or(|max| span.duration <= max)
        && ask.tags.iter().all(|(key, value)| span.has_tag(key, value))
}

/// The ids of the traces with a matching span, ordered by the start of the trace, latest first.
pub(super) fn expected(ask: &Ask, sketches: &[Sketch]) -> Vec<String> {
    let mut traces: BTreeMap<u32, (u64, bool)> = BTreeMap::new();
    for sketch in sketches {
        let trace = traces.entry(sketch.trace).or_insert((sketch.start, false));
        trace.0 = trace.0.min(sketch.start);
        trace.1 |= matches(ask, sketch);
    }
    let mut found: Vec<_> = traces
        .into_iter()
        .filter(|(_, (_, found))| *found)
        .collect();
    found.sort_by_key(|(id, (start, _))| (Reverse(*start), Reverse(*id)));
    found
        .into_iter()
        .map(|(id, _)| format!("{id:032x}"))
        .collect()
}
