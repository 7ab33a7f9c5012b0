//! Attributes and their values.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name.
    pub key: String,
    /// The value with its type.
    pub value: Value,
}

/// Makes an attribute.
pub fn attribute(key: impl Into<String>, value: impl Into<Value>) -> Attribute {
    Attribute {
        key: key.into(),
        value: value.into(),
    }
}

/// The value types of OTLP, and no value.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// No value.
    #[default]
    Empty,
    /// Text.
    String(String),
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Values in order.
    Array(Vec<Value>),
    /// Keys and values in order; keys may repeat.
    Map(Vec<Attribute>),
}

/// Doubles are equal if their bits are, so 0.0 differs from -0.0, but any NaN equals any other.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => {
                a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
            }
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    /// The value as text, in the way in which Jaeger and Zipkin write types that they lack: text as
    /// it is, numbers with the fewest digits, bytes in base64, arrays and maps as JSON, and no
    /// value as "".
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::String(text) => text.clone(),
            other => other.json(),
        }
    }

    /// The value as JSON, but NaN and the infinities as bare words if they are the whole value.
    fn json(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match self {
            Self::Empty => "null".to_owned(),
            Self::String(text) => quoted(text),
            Self::Bool(bool) => bool.to_string(),
            Self::Int(int) => int.to_string(),
            Self::Double(double) if double.is_nan() => "NaN".to_owned(),
            Self::Double(double) if double.is_infinite() => {
                let sign = if *double > 0.0 { "" } else { "-" };
                format!("{sign}Infinity")
            }
            Self::Double(double) => double.to_string(),
            Self::Bytes(bytes) => BASE64_STANDARD.encode(bytes),
            Self::Array(values) => {
                format!("[{}]", joined(values.iter().map(Self::element).collect()))
            }
            Self::Map(entries) => {
                let entry = |e: &Attribute| format!("{}:{}", quoted(&e.key), e.value.element());
                format!("{{{}}}", joined(entries.iter().map(entry).collect()))
            }
        }
    }

    /// The JSON of a value inside another.
    fn element(&self) -> String {
        match self {
            Self::Bytes(_) => quoted(&self.json()),
            Self::Double(double) if !double.is_finite() => quoted(&self.json()),
            other => other.json(),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The value as shown in a difference; the text reveals the type.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty value"),
            Self::String(text) => f.write_str(&short(text)),
            Self::Double(double) => write!(f, "{double:?}"),
            Self::Bytes(bytes) => write!(f, "bytes {bytes:?}"),
            other => f.write_str(&other.json()),
        }
    }
}

/// The longest text that a difference shows, in characters.
const SHOWN: usize = 60;

/// A quoted text, truncated if it is long.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => {
            let start = text.get(..end).unwrap_or_default();
            format!("{start:?}… ({} bytes)", text.len())
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for Value {
    fn from(double: f64) -> Self {
        Self::Double(double)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Self {
        Self::Array(values)
    }
}

impl From<Vec<Attribute>> for Value {
    fn from(entries: Vec<Attribute>) -> Self {
        Self::Map(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_differ_by_their_sign_and_every_nan_is_one() {
        assert_ne!(Value::Double(0.0), Value::Double(-0.0));
        assert_eq!(Value::Double(f64::NAN), Value::Double(-f64::NAN));
        assert_ne!(Value::Int(1), Value::Double(1.0));
    }

    #[test]
    fn what_has_no_type_is_text() {
        let value = Value::Array(vec![
            "a\"b".into(),
            Value::Empty,
            vec![1_u8, 2].into(),
            vec![attribute("k", 0.5)].into(),
            f64::NAN.into(),
        ]);
        assert_eq!(value.text(), r#"["a\"b",null,"AQI=",{"k":0.5},"NaN"]"#);
        assert_eq!(Value::Double(f64::NEG_INFINITY).text(), "-Infinity");
        assert_eq!(Value::Empty.text(), "");
    }
}
