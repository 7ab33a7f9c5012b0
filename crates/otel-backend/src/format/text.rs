//! The text form of values.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::model::Value;

impl Value<'_> {
    /// The value as text, as compared by a search and shown in a Jaeger tag of type string.
    ///
    /// Strings are unchanged, numbers are written as by Jaeger (100, 72.5, 1e+21), bytes are
    /// base64, arrays and maps are JSON, and no value is "".
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::String(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::Double(double) => Cow::Owned(double_text(*double)),
            Self::Bytes(bytes) => Cow::Owned(BASE64.encode(bytes)),
            Self::Array(_) | Self::Map(_) => {
                let mut json = String::new();
                write_json(self, &mut json);
                Cow::Owned(json)
            }
        }
    }
}

/// A number with the fewest digits that identify it, and with an exponent only below 1e-6 and from
/// 1e21 on.
fn double_text(double: f64) -> String {
    let magnitude = double.abs();
    if double.is_nan() {
        "NaN".to_owned()
    } else if double.is_infinite() {
        // The names in protobuf's JSON mapping.
        let sign = if double > 0.0 { "" } else { "-" };
        format!("{sign}Infinity")
    } else if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        exponent_text(double)
    } else {
        format!("{double}")
    }
}

/// Rust writes 1e21 and 1e-7, Go writes 1e+21 and 1e-07.
fn exponent_text(double: f64) -> String {
    let text = format!("{double:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
        None => text,
    }
}

fn write_json(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Empty => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) => out.push_str(&value.text()),
        Value::Double(double) if double.is_finite() => out.push_str(&value.text()),
        Value::Double(_) | Value::String(_) | Value::Bytes(_) => {
            write_json_string(&value.text(), out);
        }
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                separate(index, out);
                write_json(value, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                separate(index, out);
                write_json_string(&entry.key, out);
                out.push(':');
                write_json(&entry.value, out);
            }
            out.push('}');
        }
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let escape = format!("\\u{:04x}", u32::from(control));
                out.push_str(&escape);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Attribute;

    fn check(value: &Value<'_>, expected: &str) {
        assert_eq!(value.text(), expected);
    }

    #[test]
    fn numbers_are_written_as_jaeger_writes_them() {
        check(&Value::Int(-5), "-5");
        check(&Value::Double(100.0), "100");
        check(&Value::Double(72.5), "72.5");
        check(&Value::Double(1e21), "1e+21");
        check(&Value::Double(1.5e-7), "1.5e-07");
        check(&Value::Double(1e-300), "1e-300");
        check(&Value::Double(0.000_001), "0.000001");
        check(&Value::Double(f64::NAN), "NaN");
        check(&Value::Double(f64::NEG_INFINITY), "-Infinity");
    }

    #[test]
    fn structured_values_are_written_as_json() {
        let value = Value::Array(vec![
            Value::String("a\"b\u{1}".into()),
            Value::Map(vec![
                Attribute::new("k", Value::Empty),
                Attribute::new("n", Value::Double(f64::NAN)),
            ]),
            Value::Bytes(Cow::Borrowed(&[1, 2])),
            Value::Bool(true),
        ]);
        check(&value, r#"["a\"b\u0001",{"k":null,"n":"NaN"},"AQI=",true]"#);
    }
}
