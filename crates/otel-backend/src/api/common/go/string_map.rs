//! A JSON object of strings, parsed as by Go into a `map[string]string`.
//!
//! Spec: <https://pkg.go.dev/encoding/json#Unmarshal>

use serde_json::{Map, Value};

/// Parses the members in their order; of equal keys the last one counts. `null` is an empty map,
/// and as a value it is an empty string.
///
/// # Errors
/// The error has Go's wording.
pub(in crate::api) fn parse(json: &str) -> Result<Vec<(String, String)>, String> {
    let members = match serde_json::from_str(json).map_err(|error| syntax(json, &error))? {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        other => return Err(wrong_type(&other, "map[string]string")),
    };
    let text = |(key, value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Null => Ok((key, String::new())),
        other => Err(wrong_type(&other, "string")),
    };
    members.into_iter().map(text).collect()
}

fn wrong_type(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

fn syntax(json: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let line = json.lines().nth(error.line().saturating_sub(1));
    let before = error.column().saturating_sub(1);
    match line.and_then(|line| line.get(before..)?.chars().next()) {
        Some(char) => format!("invalid character {char:?} {}", place(&error.to_string())),
        None => error.to_string(),
    }
}

/// The place of an invalid character in Go's wording, given the error of the parser used here.
fn place(reason: &str) -> &'static str {
    let places = [
        ("key must be", "looking for beginning of object key string"),
        (
            "trailing comma",
            "looking for beginning of object key string",
        ),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("trailing characters", "after top-level value"),
        ("invalid number", "in numeric literal"),
    ];
    let place = places.iter().find(|(start, _)| reason.starts_with(start));
    place.map_or("looking for beginning of value", |(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        parse(json).unwrap_err()
    }

    #[test]
    fn members_are_strings() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            parse(r#"{"b":"1","a":"","n":null}"#).unwrap(),
            [pair("b", "1"), pair("a", ""), pair("n", "")]
        );
        assert_eq!(parse("null").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_said_as_go_says_it() {
        assert_eq!(
            refused(r#"{"a":1}"#),
            "json: cannot unmarshal number into Go value of type string"
        );
        assert_eq!(
            refused(r#"["a"]"#),
            "json: cannot unmarshal array into Go value of type map[string]string"
        );
        assert_eq!(refused(""), "unexpected end of JSON input");
        assert_eq!(refused(r#"{"a":"#), "unexpected end of JSON input");
        let wrong = [
            ("x", "'x' looking for beginning of value"),
            (r#"{"a":}"#, "'}' looking for beginning of value"),
            ("{error}", "'e' looking for beginning of object key string"),
            (
                "{'a':1}",
                r"'\'' looking for beginning of object key string",
            ),
            (
                r#"{"a":"b",}"#,
                "'}' looking for beginning of object key string",
            ),
            (r#"{"a"}"#, "'}' after object key"),
            (r#"{"a":"b" "c"}"#, "'\"' after object key:value pair"),
            (r#"{"a":"b"}x"#, "'x' after top-level value"),
            (r#"{"a":-}"#, "'}' in numeric literal"),
        ];
        for (json, expected) in wrong {
            assert_eq!(refused(json), format!("invalid character {expected}"));
        }
    }
}
