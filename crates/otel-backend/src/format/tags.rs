//! Fields of OTLP that Jaeger and Zipkin express as tags.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/>

use crate::model::{Attribute, Scope, SpanKind, StatusCode, Text, Value};

pub(super) fn take_scope<'a>(attributes: &mut Vec<Attribute<'a>>) -> Scope<'a> {
    let Some(name) = take_string(attributes, "otel.scope.name") else {
        return Scope::default();
    };
    Scope {
        name,
        version: take_string(attributes, "otel.scope.version").unwrap_or_default(),
        ..Scope::default()
    }
}

/// Removes `span.kind` and returns the kind. A kind that OTLP does not have stays an attribute.
pub(super) fn take_kind(attributes: &mut Vec<Attribute<'_>>) -> SpanKind {
    let position = attributes.iter().position(|a| a.key == "span.kind");
    let kind = position
        .and_then(|index| attributes.get(index))
        .and_then(|attribute| SpanKind::from_name(&attribute.value.text()));
    if let (Some(index), Some(_)) = (position, kind) {
        attributes.remove(index);
    }
    kind.unwrap_or_default()
}

/// Parses `otel.status_code`, in upper or lower case; unset if it is unknown.
pub(super) fn status_code(name: &str) -> StatusCode {
    if name.eq_ignore_ascii_case("ok") {
        StatusCode::Ok
    } else if name.eq_ignore_ascii_case("error") {
        StatusCode::Error
    } else {
        StatusCode::Unset
    }
}

/// Removes and returns the first string attribute with that key.
pub(super) fn take_string<'a>(attributes: &mut Vec<Attribute<'a>>, key: &str) -> Option<Text<'a>> {
    let is_wanted = |a: &Attribute<'_>| a.key == key && matches!(a.value, Value::String(_));
    let index = attributes.iter().position(is_wanted)?;
    match attributes.remove(index).value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
