//! JSON values as attributes.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::model::{Attribute, Text, Value};

/// The attributes of an object.
pub(super) fn attributes<'a>(object: Map<String, Json>) -> Vec<Attribute<'a>> {
    let attribute = |(key, json)| Attribute::new(Text::Owned(key), value(json));
    object.into_iter().map(attribute).collect()
}

/// A value with its JSON type.
pub(super) fn value<'a>(json: Json) -> Value<'a> {
    match json {
        Json::Null => Value::Empty,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Cow::Owned(text)),
        Json::Array(values) => Value::Array(values.into_iter().map(value).collect()),
        Json::Object(object) => Value::Map(attributes(object)),
    }
}
