//! A JSON object of strings, as Go reads it into a `map[string]string`.
//!
//! Spec: <https://pkg.go.dev/encoding/json#Unmarshal>

use serde_json::{Map, Value};

/// Reads the members in their order; of equal keys the last one counts. `null` is an empty map, and
/// as a value an empty string.
///
/// # Errors
/// The error in Go's words.
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
        Some(char) => format!("invalid character {char:?} looking for beginning of value"),
        None => error.to_string(),
    }
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
        assert_eq!(
            refused("x"),
            "invalid character 'x' looking for beginning of value"
        );
    }
}
