//! Arrays as JSON text, since Jaeger has no arrays.

use std::fmt::{Display, Write};

use opentelemetry::Array;

/// `array` as a JSON list.
pub(super) fn array(array: &Array) -> String {
    match array {
        Array::Bool(values) => list(values, |value, out| plain(value, out)),
        Array::I64(values) => list(values, |value, out| plain(value, out)),
        Array::F64(values) => list(values, |value, out| float(*value, out)),
        Array::String(values) => list(values, |value, out| string(value.as_str(), out)),
        // `Array` may get more variants; a single string keeps the JSON valid.
        other => list(&[other.to_string()], |value, out| string(value, out)),
    }
}

fn list<T>(values: &[T], mut write: impl FnMut(&T, &mut String)) -> String {
    let mut out = String::with_capacity(2 + 8 * values.len());
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(value, &mut out);
    }
    out.push(']');
    out
}

/// JSON has no numbers for NaN and the infinities; protobuf's JSON writes them as strings.
fn float(value: f64, out: &mut String) {
    if value.is_finite() {
        // `{:?}` rather than `{}`, so that 1.0 stays a float and 1e300 stays short.
        plain(&format_args!("{value:?}"), out);
    } else if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value > 0.0 {
        out.push_str("\"Infinity\"");
    } else {
        out.push_str("\"-Infinity\"");
    }
}

/// Writes `value` with the escapes that RFC 8259, section 7, requires.
fn string(value: &str, out: &mut String) {
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => plain(&format_args!("\\u{:04x}", u32::from(character)), out),
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[expect(clippy::expect_used, reason = "writing to a String never fails")]
fn plain(value: &dyn Display, out: &mut String) {
    write!(out, "{value}").expect("a String takes any text");
}

#[cfg(test)]
mod tests {
    use opentelemetry::{Array, StringValue};

    use super::array;

    #[test]
    fn arrays_are_json() {
        let strings = |values: &[&str]| {
            Array::String(
                values
                    .iter()
                    .map(|v| StringValue::from(v.to_string()))
                    .collect(),
            )
        };
        assert_eq!(array(&Array::Bool(vec![true, false])), "[true,false]");
        assert_eq!(
            array(&Array::I64(vec![i64::MIN, 0])),
            "[-9223372036854775808,0]"
        );
        assert_eq!(array(&Array::F64(vec![1.0, 0.1, 1e300])), "[1.0,0.1,1e300]");
        assert_eq!(array(&strings(&[])), "[]");
        assert_eq!(
            array(&strings(&["a", "b\"c", "\\"])),
            r#"["a","b\"c","\\"]"#
        );
        assert_eq!(
            array(&strings(&["\n\t\r\u{1}", "中"])),
            r#"["\n\t\r\u0001","中"]"#
        );
    }

    #[test]
    fn floats_that_json_cannot_write_are_strings() {
        let floats = Array::F64(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(array(&floats), r#"["NaN","Infinity","-Infinity"]"#);
    }

    #[test]
    fn a_json_parser_reads_every_string_back() {
        let text: String = (0_u32..0x300).filter_map(char::from_u32).collect();
        let json = array(&Array::String(vec![StringValue::from(text.clone())]));
        let read: Vec<String> = serde_json::from_str(&json).unwrap();
        assert_eq!(read, [text]);
    }
}
