//! The captures' contents as other decoders wrote them.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};
use serde_json::Value;

/// Converts the Thrift batch in `json` at `pointer`.
pub(crate) fn thrift_batch(json: &str, pointer: &str) -> thrift::Batch<'static> {
    let json: Value = serde_json::from_str(json).unwrap();
    let batch = json.pointer(pointer).unwrap();
    thrift::Batch {
        process: Process {
            service_name: text(&batch["process"]["serviceName"]),
            tags: list(&batch["process"]["tags"], thrift_tag),
        },
        spans: list(&batch["spans"], thrift_span),
    }
}

/// Converts `json`, a request in protobuf's JSON form.
pub(crate) fn api_v2_batch(json: &str) -> api_v2::Batch<'static> {
    let json: Value = serde_json::from_str(json).unwrap();
    api_v2::Batch {
        spans: list(&json["batch"]["spans"], api_v2_span),
        process: None,
    }
}

fn thrift_span(span: &Value) -> thrift::Span<'static> {
    thrift::Span {
        trace_id: thrift_trace_id(span),
        span_id: half(&span["spanId"]),
        parent_span_id: half(&span["parentSpanId"]),
        operation_name: text(&span["operationName"]),
        references: list(&span["references"], |reference| SpanRef {
            ref_type: ref_type(reference["refType"].as_str()),
            trace_id: thrift_trace_id(reference),
            span_id: half(&reference["spanId"]),
        }),
        flags: span["flags"].as_i64().unwrap().try_into().unwrap(),
        start_time: span["startTime"].as_i64().unwrap(),
        duration: span["duration"].as_i64().unwrap(),
        tags: list(&span["tags"], thrift_tag),
        logs: list(&span["logs"], |log| thrift::Log {
            timestamp: log["timestamp"].as_i64().unwrap(),
            fields: list(&log["fields"], thrift_tag),
        }),
    }
}

fn thrift_trace_id(of: &Value) -> [u8; 16] {
    let halves = [half(&of["traceIdHigh"]), half(&of["traceIdLow"])];
    halves.concat().try_into().unwrap()
}

/// An id or half of one, given as a number or in hexadecimal.
fn half(id: &Value) -> [u8; 8] {
    match id {
        Value::String(hex) => u64::from_str_radix(hex, 16).unwrap().to_be_bytes(),
        number => number.as_i64().unwrap().to_be_bytes(),
    }
}

fn thrift_tag(tag: &Value) -> Tag<'static> {
    let value = match tag["vType"].as_str().unwrap() {
        "STRING" => TagValue::String(text(&tag["vStr"])),
        "DOUBLE" => tag["vDouble"].as_f64().unwrap().into(),
        "BOOL" => tag["vBool"].as_bool().unwrap().into(),
        "LONG" => tag["vLong"].as_i64().unwrap().into(),
        other => panic!("no capture has a {other}"),
    };
    Tag::new(text(&tag["key"]), value)
}

fn api_v2_span(span: &Value) -> api_v2::Span<'static> {
    api_v2::Span {
        trace_id: id(&span["trace_id"]),
        span_id: id(&span["span_id"]),
        operation_name: text(&span["operation_name"]),
        references: list(&span["references"], |reference| SpanRef {
            ref_type: ref_type(reference["ref_type"].as_str()),
            trace_id: id(&reference["trace_id"]),
            span_id: id(&reference["span_id"]),
        }),
        flags: span["flags"].as_u64().unwrap().try_into().unwrap(),
        start_time: time(&span["start_time"]),
        duration: duration(&span["duration"]),
        tags: list(&span["tags"], api_v2_tag),
        logs: list(&span["logs"], |log| api_v2::Log {
            timestamp: time(&log["timestamp"]),
            fields: list(&log["fields"], api_v2_tag),
        }),
        process: Some(Process {
            service_name: text(&span["process"]["service_name"]),
            tags: list(&span["process"]["tags"], api_v2_tag),
        }),
        ..api_v2::Span::default()
    }
}

fn id<const N: usize>(base64: &Value) -> [u8; N] {
    let bytes = BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap();
    bytes.try_into().unwrap()
}

fn time(rfc_3339: &Value) -> i128 {
    let time: jiff::Timestamp = rfc_3339.as_str().unwrap().parse().unwrap();
    time.as_nanosecond()
}

/// Seconds with nine decimals and an `s`.
fn duration(text: &Value) -> i128 {
    let seconds = text.as_str().unwrap().strip_suffix('s').unwrap();
    let (whole, nanos) = seconds.split_once('.').unwrap();
    assert_eq!(nanos.len(), 9);
    [whole, nanos].concat().parse().unwrap()
}

/// Absent fields have their defaults.
fn api_v2_tag(tag: &Value) -> Tag<'static> {
    let value = match tag["v_type"].as_str() {
        None => TagValue::String(text(&tag["v_str"])),
        Some("BOOL") => tag["v_bool"].as_bool().unwrap_or_default().into(),
        Some("FLOAT64") => tag["v_float64"].as_f64().unwrap_or_default().into(),
        Some(other) => panic!("no capture has a {other}"),
    };
    Tag::new(text(&tag["key"]), value)
}

fn ref_type(name: Option<&str>) -> RefType {
    match name {
        None | Some("CHILD_OF") => RefType::ChildOf,
        Some("FOLLOWS_FROM") => RefType::FollowsFrom,
        Some(other) => panic!("{other}"),
    }
}

fn text(of: &Value) -> Cow<'static, str> {
    of.as_str().unwrap_or_default().to_owned().into()
}

fn list<T>(items: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    items.as_array().into_iter().flatten().map(read).collect()
}
