//! Writes JSON with the layout of Python's `json.dumps(value, indent=4)`.

use std::fmt::Write;

/// Builds a JSON text. The caller must write one value after each [`key`](Self::key).
pub(super) struct JsonWriter {
    text: String,
    depth: usize,
    /// True if the innermost open object or array is not empty.
    filled: bool,
}

impl JsonWriter {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            depth: 0,
            filled: false,
        }
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// Writes `{…}`; `members` writes its keys and values.
    pub(super) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.nest('{', '}', members);
    }

    /// Writes `[…]`; `write` writes one item.
    pub(super) fn array<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.nest('[', ']', |json| {
            for item in items {
                json.next_line();
                write(json, item);
            }
        });
    }

    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.next_line();
        self.string(key);
        self.text.push_str(": ");
        self
    }

    pub(super) fn null(&mut self) {
        self.text.push_str("null");
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.text.push_str(if value { "true" } else { "false" });
    }

    pub(super) fn integer(&mut self, value: i64) {
        self.text.push_str(&value.to_string());
    }

    pub(super) fn float(&mut self, value: f64) {
        self.text.push_str(&float_repr(value));
    }

    /// Writes `value` in quotes, with everything but printable ASCII as UTF-16 escapes `\u…`.
    pub(super) fn string(&mut self, value: &str) {
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                ' '..='~' => self.text.push(character),
                _ => self.escape(character),
            }
        }
        self.text.push('"');
    }

    fn escape(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String does not fail.
            write!(self.text, "\\u{unit:04x}").ok();
        }
    }

    fn nest(&mut self, open: char, close: char, content: impl FnOnce(&mut Self)) {
        self.text.push(open);
        self.depth += 1;
        self.filled = false;
        content(self);
        self.depth -= 1;
        if self.filled {
            self.new_line();
        }
        self.text.push(close);
        self.filled = true;
    }

    fn next_line(&mut self) {
        if self.filled {
            self.text.push(',');
        }
        self.filled = true;
        self.new_line();
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
    }
}

/// Python's `repr` of a float. Rust's `Debug` gives the same digits, and uses exponents for the
/// same numbers (below 1e-4, and from 1e16 on), but Python writes the exponent with a sign and two
/// digits. `json.dumps` writes `NaN`, `Infinity` and `-Infinity`.
fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let repr = format!("{value:?}");
    let Some((digits, exponent)) = repr.split_once('e') else {
        return repr;
    };
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn floats_read_as_in_python() {
        let cases = [
            (100.0, "100.0"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (2.5, "2.5"),
            (0.1, "0.1"),
            (1234.5678, "1234.5678"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (123_456_789_012_345.67, "123456789012345.67"),
            (1e300, "1e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, expected) in cases {
            assert_eq!(float_repr(value), expected);
        }
    }

    #[test]
    fn all_but_printable_ascii_is_escaped() {
        let mut json = JsonWriter::new();
        json.string("a\"\\\n\r\t\u{8}\u{c}\u{0}\u{7f}é中😀");
        assert_eq!(
            json.into_string(),
            r#""a\"\\\n\r\t\b\f\u0000\u007f\u00e9\u4e2d\ud83d\ude00""#
        );
    }

    #[test]
    fn empty_containers_stay_on_one_line() {
        let mut json = JsonWriter::new();
        json.object(|json| {
            json.key("a").object(|_| {});
            json.key("b")
                .array(&[] as &[i64], |json, n| json.integer(*n));
            json.key("c").array(&[1, 2], |json, n| json.integer(*n));
        });
        let expected =
            "{\n    \"a\": {},\n    \"b\": [],\n    \"c\": [\n        1,\n        2\n    ]\n}";
        assert_eq!(json.into_string(), expected);
    }

    proptest! {
        #[test]
        fn any_text_reads_back_the_same(text: String) {
            let mut json = JsonWriter::new();
            json.string(&text);
            let written = json.into_string();
            prop_assert!(written.is_ascii());
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }

        #[test]
        fn any_number_reads_back_the_same(number in any::<f64>()) {
            prop_assume!(number.is_finite());
            let written = float_repr(number);
            prop_assert_eq!(written.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
