//! The types of scalars in the core schema of YAML 1.2.
//!
//! <https://yaml.org/spec/1.2.2/#103-core-schema>

/// A scalar and its type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// The scalar for text without quotes.
    pub(super) fn plain(text: String) -> Self {
        match text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true),
            "false" | "False" | "FALSE" => Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Self::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Self::Float(f64::NEG_INFINITY),
            number => match (int(number), float(number)) {
                (Some(int), _) => Self::Int(int),
                (None, Some(float)) => Self::Float(float),
                (None, None) => Self::Text(text),
            },
        }
    }
}

/// Also `None` for a number that an `i64` cannot hold, which is then a float.
fn int(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return digits_of(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return digits_of(digits, 8);
    }
    text.parse().ok()
}

fn digits_of(digits: &str, radix: u32) -> Option<i64> {
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    i64::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_number)
}

/// Rust also parses `inf` and `nan`, which are text here.
fn float(text: &str) -> Option<f64> {
    let begins = text
        .trim_start_matches(['+', '-'])
        .starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_the_type() {
        let cases = [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("true", Scalar::Bool(true)),
            ("1", Scalar::Int(1)),
            ("-7", Scalar::Int(-7)),
            ("0xdeadbeef", Scalar::Int(3_735_928_559)),
            ("0o17", Scalar::Int(15)),
            ("1.1", Scalar::Float(1.1)),
            (".5", Scalar::Float(0.5)),
            ("1e3", Scalar::Float(1000.0)),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
        ];
        for (text, expected) in cases {
            assert_eq!(Scalar::plain(text.to_owned()), expected, "{text}");
        }
        // Some of these have other types in YAML 1.1.
        for text in [
            "yes", "no", "on", "1_000", "0x", "0x-1", "inf", "nan", "1.2.3", "value", "0b1",
        ] {
            assert_eq!(
                Scalar::plain(text.to_owned()),
                Scalar::Text(text.to_owned())
            );
        }
    }
}
