//! Finds the spans that a program printed: the console exporter's JSON, among other output.
//!
//! The form is that of the Python SDK's `ConsoleSpanExporter`, both old (with a flat resource) and
//! new (with the attributes in an object of their own). `otel-auto` prints the old form too.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::model::{
    Attribute, Code, Event, Id, Kind, Link, Resource, Span, Status, Value, attribute,
};

/// A printed span that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: this is not a printed span: {reason}")]
pub struct PrintedError {
    /// The line on which the object starts, from 1.
    line: usize,
    reason: String,
}

#[derive(Deserialize)]
struct PrintedSpan {
    name: String,
    context: PrintedContext,
    kind: String,
    parent_id: Option<String>,
    start_time: jiff::Timestamp,
    end_time: jiff::Timestamp,
    status: PrintedStatus,
    attributes: Map<String, Json>,
    events: Vec<PrintedEvent>,
    links: Vec<PrintedLink>,
    resource: Map<String, Json>,
}

#[derive(Deserialize)]
struct PrintedContext {
    trace_id: String,
    span_id: String,
    /// The `repr` of a Python list.
    #[serde(default)]
    trace_state: String,
}

#[derive(Deserialize)]
struct PrintedStatus {
    status_code: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct PrintedEvent {
    name: String,
    timestamp: jiff::Timestamp,
    attributes: Map<String, Json>,
}

#[derive(Deserialize)]
struct PrintedLink {
    context: PrintedContext,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// Finds the printed spans in `output`, in their order.
///
/// An object starts at a line with only `{` and ends at a line with only `}`. All lines between are
/// indented, so other output cannot be mistaken for one. An object without an end is still being
/// written, and left out.
///
/// # Errors
/// [`PrintedError`] names the first object that is not a span.
pub fn spans(output: &str) -> Result<Vec<Span>, PrintedError> {
    let mut spans = Vec::new();
    let mut object: Option<(usize, String)> = None;
    for (index, line) in output.lines().enumerate() {
        if line == "{" {
            object = Some((index + 1, String::new()));
        }
        if let Some((_, text)) = &mut object {
            text.push_str(&as_json(line));
            text.push('\n');
        }
        if line == "}"
            && let Some((line, text)) = object.take()
        {
            spans.push(parse(&text).map_err(|reason| PrintedError { line, reason })?);
        }
    }
    Ok(spans)
}

/// The key of an object that stands for a number that JSON does not have. Attributes are never
/// printed as objects.
const NUMBER: &str = "number";

/// The line as JSON: Python prints NaN and the infinities as bare words at the end of a line.
fn as_json(line: &str) -> Cow<'_, str> {
    let (value, comma) = match line.strip_suffix(',') {
        Some(value) => (value, ","),
        None => (line, ""),
    };
    for word in ["NaN", "-Infinity", "Infinity"] {
        if let Some(before) = value.strip_suffix(word)
            && before.ends_with(' ')
        {
            return format!("{before}{{\"{NUMBER}\":\"{word}\"}}{comma}").into();
        }
    }
    line.into()
}

fn parse(text: &str) -> Result<Span, String> {
    let printed: PrintedSpan = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let status = Status {
        code: named(&printed.status.status_code, "", &CODES, Code::name)?,
        message: printed.status.description,
    };
    Ok(Span {
        trace_id: id(&printed.context.trace_id)?,
        span_id: id(&printed.context.span_id)?,
        parent: printed.parent_id.as_deref().map(id).transpose()?,
        trace_state: trace_state(&printed.context.trace_state)?,
        name: printed.name,
        kind: named(&printed.kind, "SpanKind.", &Kind::ALL, Kind::name)?,
        start: nanos(printed.start_time),
        end: nanos(printed.end_time),
        attributes: attributes(printed.attributes),
        events: printed.events.into_iter().map(event).collect(),
        links: printed
            .links
            .into_iter()
            .map(link)
            .collect::<Result<_, _>>()?,
        status,
        resource: Arc::new(resource(printed.resource)),
        ..Span::default()
    })
}

const CODES: [Code; 3] = [Code::Unset, Code::Ok, Code::Error];

fn named<T: Copy>(
    text: &str,
    prefix: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all
        .iter()
        .find(|one| text.strip_prefix(prefix) == Some(name(**one)));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all
            .iter()
            .map(|one| format!("{prefix}{}", name(*one)))
            .collect();
        format!("{text:?} is not one of {}", names.join(", "))
    })
}

fn event(printed: PrintedEvent) -> Event {
    Event {
        time: nanos(printed.timestamp),
        name: printed.name,
        attributes: attributes(printed.attributes),
        ..Event::default()
    }
}

fn link(printed: PrintedLink) -> Result<Link, String> {
    Ok(Link {
        trace_id: id(&printed.context.trace_id)?,
        span_id: id(&printed.context.span_id)?,
        trace_state: trace_state(&printed.context.trace_state)?,
        attributes: attributes(printed.attributes),
        ..Link::default()
    })
}

fn resource(mut printed: Map<String, Json>) -> Resource {
    let nested = match printed.get_mut("attributes") {
        Some(Json::Object(nested)) => Some(std::mem::take(nested)),
        _ => None,
    };
    Resource {
        attributes: attributes(nested.unwrap_or(printed)),
        ..Resource::default()
    }
}

fn id<const N: usize>(printed: &str) -> Result<Id<N>, String> {
    let hex = printed.strip_prefix("0x");
    hex.and_then(Id::from_hex).ok_or_else(|| {
        format!(
            "{printed:?} is not an id of 0x and {} hexadecimal digits",
            2 * N
        )
    })
}

/// Programs print no time before 1970.
fn nanos(time: jiff::Timestamp) -> u64 {
    u64::try_from(time.as_nanosecond()).unwrap_or_default()
}

/// The header for `['{key=a, value=1}', '{key=b, value=2}']`. Keys and values hold no comma and no
/// equals sign, so every entry has two parts.
fn trace_state(printed: &str) -> Result<String, String> {
    let wrong = || format!("{printed:?} is not a trace state");
    let list = printed
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'));
    let list = list.unwrap_or(printed);
    if list.is_empty() {
        return Ok(String::new());
    }
    let mut header = Vec::new();
    let mut parts = list.split(", ");
    while let Some(key) = parts.next() {
        let key = key.split_once("{key=").ok_or_else(wrong)?.1;
        let value = parts.next().and_then(|part| part.strip_prefix("value="));
        let value = value.and_then(|value| value.rsplit_once('}'));
        let value = value.ok_or_else(wrong)?.0;
        header.push(format!("{key}={}", unescaped(value)));
    }
    Ok(header.join(","))
}

/// The text of a Python string without the backslashes of escapes.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::new();
    while let Some(character) = characters.next() {
        plain.extend(match character {
            '\\' => characters.next(),
            other => Some(other),
        });
    }
    plain
}

fn attributes(printed: Map<String, Json>) -> Vec<Attribute> {
    let one = |(key, json)| attribute(key, value(json));
    printed.into_iter().map(one).collect()
}

/// A number with a point is a double.
fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Empty,
        Json::Bool(bool) => Value::Bool(bool),
        Json::String(text) => Value::String(text),
        Json::Number(number) => number.as_i64().map_or_else(
            || Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            Value::Int,
        ),
        Json::Array(values) => Value::Array(values.into_iter().map(value).collect()),
        Json::Object(map) => match map.get(NUMBER).and_then(Json::as_str).map(str::parse) {
            Some(Ok(double)) => Value::Double(double),
            _ => Value::Map(attributes(map)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SpanId, TraceId};

    const SPAN: &str = r#"{
    "name": "GET /server_request",
    "context": {
        "trace_id": "0xe0d4f1fd77ed1a7a5c0ecc023b6319c1",
        "span_id": "0x80b4dcf82586c611",
        "trace_state": "['{key=congo, value=t61}', \"{key=rojo, value=a'\\\\b}\"]"
    },
    "kind": "SpanKind.SERVER",
    "parent_id": "0xe8c0f312f083174f",
    "start_time": "2026-11-22T18:31:52.547286Z",
    "end_time": "2026-11-22T18:31:52.548582Z",
    "status": {
        "status_code": "ERROR",
        "description": "no"
    },
    "attributes": {
        "server.port": 8082,
        "ratio": 100.0,
        "none": NaN,
        "list": [
            1.5,
            -Infinity
        ],
        "safe": true
    },
    "events": [
        {
            "name": "seen",
            "timestamp": "2026-11-22T18:31:52.547300Z",
            "attributes": {}
        }
    ],
    "links": [
        {
            "context": {
                "trace_id": "0xe0d4f1fd77ed1a7a5c0ecc023b6319c1",
                "span_id": "0xe8c0f312f083174f",
                "trace_state": "[]"
            },
            "attributes": {
                "reason": "retry"
            }
        }
    ],
    "resource": {
        "service.name": "server"
    }
}
"#;

    fn one(output: &str) -> Span {
        let spans = spans(output).unwrap();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.into_iter().next().unwrap()
    }

    #[test]
    fn a_span_is_found_among_other_output() {
        let span = one(&format!(" * Running\ntesting\n{SPAN}bye\n"));
        assert_eq!(
            span.trace_id,
            TraceId::from_hex("e0d4f1fd77ed1a7a5c0ecc023b6319c1").unwrap()
        );
        assert_eq!(span.parent, SpanId::from_hex("e8c0f312f083174f"));
        assert_eq!(span.kind, Kind::Server);
        assert_eq!(span.end - span.start, 1_296_000);
        assert_eq!(span.status.code, Code::Error);
        assert_eq!(span.status.message, "no");
        assert_eq!(span.trace_state, r"congo=t61,rojo=a'\b");
        let list = vec![Value::Double(1.5), Value::Double(f64::NEG_INFINITY)];
        let expected = [
            attribute("server.port", 8082),
            attribute("ratio", 100.0),
            attribute("none", f64::NAN),
            attribute("list", list),
            attribute("safe", true),
        ];
        assert_eq!(span.attributes.len(), expected.len());
        for attribute in expected {
            assert!(span.attributes.contains(&attribute), "{attribute:?}");
        }
        assert_eq!(span.events[0].name, "seen");
        assert_eq!(
            span.links[0].span_id,
            SpanId::from_hex("e8c0f312f083174f").unwrap()
        );
        assert_eq!(span.links[0].attributes, [attribute("reason", "retry")]);
        assert_eq!(span.resource.service(), "server");
    }

    /// The Python SDK has printed it like this since 1.15.
    #[test]
    fn a_resource_may_stand_in_an_object_of_its_own() {
        let flat = "\"service.name\": \"server\"";
        let nested = format!("\"attributes\": {{{flat}}}, \"schema_url\": \"\"");
        assert_eq!(one(&SPAN.replace(flat, &nested)), one(SPAN));
    }

    #[test]
    fn a_span_that_is_still_being_written_is_left_out() {
        let cut = SPAN.trim_end().trim_end_matches('}');
        assert_eq!(spans(&format!("{SPAN}{cut}")).unwrap().len(), 1);
    }

    #[test]
    fn an_object_that_is_no_span_is_named_by_its_line() {
        let error = spans("hello\n{\n    \"body\": 1\n}\n").unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
        let error = spans(&SPAN.replace("SERVER", "WAITER")).unwrap_err();
        assert!(error.to_string().contains("SpanKind.CLIENT"), "{error}");
        let error = spans(&SPAN.replace("key=congo", "congo")).unwrap_err();
        assert!(error.to_string().contains("trace state"), "{error}");
    }
}
