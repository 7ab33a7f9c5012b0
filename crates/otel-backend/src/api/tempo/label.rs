//! Names and values, as protobuf's JSON mapping writes them.

use serde::Serialize;
use traceql::Value;

/// A name and its value.
#[derive(Debug, Serialize)]
pub(super) struct Label {
    key: String,
    value: LabelValue,
}

/// A value: Grafana takes texts, numbers and truth values.
#[derive(Debug, Serialize)]
enum LabelValue {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "intValue")]
    Int(String),
    #[serde(rename = "doubleValue")]
    Double(Number),
    #[serde(rename = "boolValue")]
    Bool(bool),
}

/// A number; those that JSON does not know are texts.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Finite(f64),
    Other(&'static str),
}

impl Label {
    pub(super) fn new(name: &str, value: &Value<'_>) -> Self {
        Self {
            key: name.to_owned(),
            value: match value {
                Value::Int(int) => LabelValue::Int(int.to_string()),
                Value::Float(float) => LabelValue::Double(Number::from(*float)),
                Value::Bool(bool) => LabelValue::Bool(*bool),
                other => LabelValue::Text(other.to_string()),
            },
        }
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        match number {
            _ if number.is_finite() => Self::Finite(number),
            _ if number.is_nan() => Self::Other("NaN"),
            _ if number > 0.0 => Self::Other("Infinity"),
            _ => Self::Other("-Infinity"),
        }
    }
}

impl Number {
    /// Whether it is left out, as protobuf's JSON mapping leaves out what is zero.
    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Finite(number) if *number == 0.0)
    }
}
