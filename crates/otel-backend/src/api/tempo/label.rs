//! Labels in the form of protobuf's JSON mapping.

use serde::{Serialize, Serializer};
use traceql::Value;

/// A name and a value.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Label {
    pub(super) key: String,
    pub(super) value: LabelValue,
}

/// A value: Grafana accepts texts, numbers and booleans.
#[derive(Debug, Clone, Serialize)]
pub(super) enum LabelValue {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "intValue", serialize_with = "crate::format::json::as_text")]
    Int(i64),
    #[serde(rename = "doubleValue")]
    Double(Number),
    #[serde(rename = "boolValue")]
    Bool(bool),
}

/// A number; NaN and the infinities, which JSON lacks, are written as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) f64);

impl Label {
    pub(super) fn new(name: &str, value: &Value<'_>) -> Self {
        Self {
            key: name.to_owned(),
            value: match value {
                Value::Int(int) => LabelValue::Int(*int),
                Value::Float(float) => LabelValue::Double(Number(*float)),
                Value::Bool(bool) => LabelValue::Bool(*bool),
                other => LabelValue::Text(other.to_string()),
            },
        }
    }

    /// The trace id of an exemplar.
    pub(super) fn trace_id(id: String) -> Self {
        Self {
            key: "trace:id".to_owned(),
            value: LabelValue::Text(id),
        }
    }
}

impl Number {
    /// Returns true for zero, which protobuf's JSON mapping leaves out.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_finite() => serializer.serialize_f64(number),
            number if number.is_nan() => serializer.serialize_str("NaN"),
            number if number > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}
