//! Values, attributes and times in the form of the Python SDK.

use std::time::SystemTime;

use jiff::{Timestamp, Unit};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::Resource;

use super::json::JsonWriter;

/// The resource attributes that come first, as in the Python SDK; the rest are sorted by key.
const FIRST_RESOURCE_KEYS: [&str; 3] = [
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
];

/// The attributes of a resource, in the order of printing.
pub(super) fn sorted(resource: &Resource) -> Vec<KeyValue> {
    let mut attributes: Vec<_> = resource
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    attributes.sort_by(|a, b| resource_rank(a).cmp(&resource_rank(b)));
    attributes
}

fn resource_rank(attribute: &KeyValue) -> (usize, &str) {
    let key = attribute.key.as_str();
    let first = FIRST_RESOURCE_KEYS.iter().position(|first| *first == key);
    (first.unwrap_or(FIRST_RESOURCE_KEYS.len()), key)
}

/// Writes a map. If a key repeats, the last value takes the place of the first, as in a Python
/// `dict`; the Rust SDK keeps all values.
pub(super) fn write_attributes(json: &mut JsonWriter, attributes: &[KeyValue]) {
    json.object(|json| {
        for (index, attribute) in attributes.iter().enumerate() {
            let same = |other: &&KeyValue| other.key == attribute.key;
            if attributes.iter().take(index).any(|other| same(&other)) {
                continue;
            }
            let last = attributes.iter().rev().find(same).unwrap_or(attribute);
            json.key(attribute.key.as_str());
            write_value(json, &last.value);
        }
    });
}

fn write_value(json: &mut JsonWriter, value: &Value) {
    match value {
        Value::Bool(value) => json.bool(*value),
        Value::I64(value) => json.integer(*value),
        Value::F64(value) => json.float(*value),
        Value::String(value) => json.string(value.as_str()),
        Value::Array(Array::Bool(values)) => json.array(values, |json, value| json.bool(*value)),
        Value::Array(Array::I64(values)) => json.array(values, |json, value| json.integer(*value)),
        Value::Array(Array::F64(values)) => json.array(values, |json, value| json.float(*value)),
        Value::Array(Array::String(values)) => {
            json.array(values, |json, value| json.string(value.as_str()));
        }
        other => json.string(&other.to_string()),
    }
}

/// A time in the form `2026-11-22T18:31:52.544252Z`, rounded to microseconds. A time outside the
/// calendar of `jiff` (before the year -9999 or after 9999) is written as the Unix epoch.
pub(super) fn utc(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .and_then(|time| time.round(Unit::Microsecond))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}
