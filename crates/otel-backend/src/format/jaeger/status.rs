//! Extracts a span's status from the tags in which Jaeger clients express it.

use crate::format::tags::{status_code, take_string};
use crate::model::{Attribute, SpanKind, Status, StatusCode, Value};

/// Removes the status from the attributes and returns it.
///
/// `error=true` overrides everything; without it `otel.status_code` counts, and without that the
/// HTTP status.
pub(super) fn take<'a>(attributes: &mut Vec<Attribute<'a>>, kind: SpanKind) -> Status<'a> {
    let failed = take_error(attributes);
    let code = take_string(attributes, "otel.status_code");
    if failed {
        return Status {
            code: StatusCode::Error,
            message: take_string(attributes, "otel.status_description")
                .or_else(|| string(attributes, "http.status_message"))
                .unwrap_or_default(),
        };
    }
    match code {
        Some(code) => Status {
            code: status_code(&code),
            message: take_string(attributes, "otel.status_description").unwrap_or_default(),
        },
        None => from_http(attributes, kind),
    }
}

/// Removes `error=true` and returns true. Any other `error` is an ordinary attribute.
fn take_error(attributes: &mut Vec<Attribute<'_>>) -> bool {
    let before = attributes.len();
    attributes.retain(|a| !(a.key == "error" && a.value == Value::Bool(true)));
    attributes.len() < before
}

fn from_http<'a>(attributes: &[Attribute<'a>], kind: SpanKind) -> Status<'a> {
    let code = attributes.iter().find(|a| a.key == "http.status_code");
    let number = code.and_then(|code| code.value.text().parse::<i64>().ok());
    match number.map(|number| http_status(number, kind)) {
        Some(StatusCode::Error) => Status {
            code: StatusCode::Error,
            message: string(attributes, "http.status_message").unwrap_or_default(),
        },
        _ => Status::default(),
    }
}

/// A 4xx answer is an error for the client, but not for the server.
fn http_status(number: i64, kind: SpanKind) -> StatusCode {
    match number {
        100..=398 => StatusCode::Unset,
        400..=499 if kind == SpanKind::Server => StatusCode::Unset,
        _ => StatusCode::Error,
    }
}

fn string<'a>(attributes: &[Attribute<'a>], key: &str) -> Option<crate::model::Text<'a>> {
    attributes.iter().find_map(|a| match &a.value {
        Value::String(text) if a.key == key => Some(text.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tags: &[(&str, Value<'static>)], kind: SpanKind) -> (Status<'static>, Vec<String>) {
        let mut attributes: Vec<_> = tags
            .iter()
            .map(|(key, value)| Attribute::new(key.to_string(), value.clone()))
            .collect();
        let status = take(&mut attributes, kind);
        let left = attributes.into_iter().map(|a| a.key.into_owned());
        (status, left.collect())
    }

    fn string(text: &'static str) -> Value<'static> {
        Value::String(text.into())
    }

    fn error(message: &'static str) -> Status<'static> {
        Status {
            code: StatusCode::Error,
            message: message.into(),
        }
    }

    #[test]
    fn error_is_the_last_word() {
        let tags = [
            ("otel.status_code", string("OK")),
            ("error", Value::Bool(true)),
            ("otel.status_description", string("it broke")),
        ];
        assert_eq!(
            check(&tags, SpanKind::Internal),
            (error("it broke"), vec![])
        );
    }

    #[test]
    fn an_error_that_is_not_true_stays() {
        for value in [Value::Bool(false), string("true")] {
            let (status, left) = check(&[("error", value)], SpanKind::Internal);
            assert_eq!((status, left), (Status::default(), vec!["error".into()]));
        }
    }

    #[test]
    fn the_status_code_is_read_in_any_case_and_always_removed() {
        let (status, left) = check(&[("otel.status_code", string("ok"))], SpanKind::Internal);
        assert_eq!((status.code, left.len()), (StatusCode::Ok, 0));
        let (status, left) = check(&[("otel.status_code", string("huh"))], SpanKind::Internal);
        assert_eq!((status.code, left.len()), (StatusCode::Unset, 0));
    }

    #[test]
    fn an_http_status_counts_by_kind() {
        let code = |code, kind| {
            check(&[("http.status_code", Value::Int(code))], kind)
                .0
                .code
        };
        assert_eq!(code(404, SpanKind::Client), StatusCode::Error);
        assert_eq!(code(404, SpanKind::Server), StatusCode::Unset);
        assert_eq!(code(500, SpanKind::Server), StatusCode::Error);
        assert_eq!(code(200, SpanKind::Client), StatusCode::Unset);
    }
}
