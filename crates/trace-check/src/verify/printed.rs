//! The spans that a program printed: the console exporter's JSON, found among its other output.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::span::{Attributes, Event, Span, Value};

/// A printed span that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: this is not a printed span: {reason}")]
pub struct PrintedError {
    /// The line on which the object starts, from 1.
    line: usize,
    reason: String,
}

/// The printed form; see the console exporter for what it writes.
#[derive(Deserialize)]
struct Printed {
    name: String,
    context: Ids,
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
struct Ids {
    trace_id: String,
    span_id: String,
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
    context: Ids,
}

/// Finds the printed spans in `output`, in order.
///
/// An object starts at a line that is `{` alone and ends at a line that is `}` alone; every line
/// between is indented, so that other output cannot be mistaken for one. An object that is still
/// being written, with no end yet, is left out.
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
            text.push_str(line);
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

fn parse(text: &str) -> Result<Span, String> {
    let printed: Printed = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let kind = printed.kind.strip_prefix("SpanKind.");
    Ok(Span {
        trace_id: id(&printed.context.trace_id)?,
        span_id: id(&printed.context.span_id)?,
        parent_id: printed.parent_id.as_deref().map(id).transpose()?,
        name: printed.name,
        kind: kind.ok_or("kind does not start with SpanKind.")?.to_owned(),
        start_us: printed.start_time.as_microsecond(),
        end_us: printed.end_time.as_microsecond(),
        status: printed.status.status_code,
        status_description: printed.status.description,
        attributes: attributes(&printed.attributes),
        events: printed
            .events
            .into_iter()
            .map(|event| Event {
                name: event.name,
                time_us: event.timestamp.as_microsecond(),
                attributes: attributes(&event.attributes),
            })
            .collect(),
        links: printed
            .links
            .iter()
            .map(|link| Ok((id(&link.context.trace_id)?, id(&link.context.span_id)?)))
            .collect::<Result<_, String>>()?,
        resource: attributes(&printed.resource),
    })
}

fn id(printed: &str) -> Result<String, String> {
    printed
        .strip_prefix("0x")
        .map(str::to_owned)
        .ok_or_else(|| format!("the id {printed:?} does not start with 0x"))
}

fn attributes(printed: &Map<String, Json>) -> Attributes {
    printed
        .iter()
        .map(|(key, value)| (key.clone(), Value::from_json(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = r#"{
    "name": "GET /server_request",
    "context": {
        "trace_id": "0xe0d4f1fd77ed1a7a5c0ecc023b6319c1",
        "span_id": "0x80b4dcf82586c611",
        "trace_state": "[]"
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
            "attributes": {}
        }
    ],
    "resource": {
        "service.name": "server"
    }
}
"#;

    #[test]
    fn a_span_is_found_among_other_output() {
        let output = format!(" * Running\ntesting\n{SPAN}bye\n");
        let spans = spans(&output).unwrap();
        let [span] = spans.as_slice() else {
            panic!("expected one span, found {spans:?}");
        };
        assert_eq!(span.trace_id, "e0d4f1fd77ed1a7a5c0ecc023b6319c1");
        assert_eq!(span.parent_id.as_deref(), Some("e8c0f312f083174f"));
        assert_eq!(span.kind, "SERVER");
        assert_eq!(span.end_us - span.start_us, 1_296);
        assert_eq!(span.status, "ERROR");
        assert_eq!(span.status_description, "no");
        assert_eq!(span.attributes["server.port"], Value::Int(8082));
        assert_eq!(span.attributes["ratio"], Value::Double(100.0));
        assert_eq!(span.attributes["safe"], Value::Bool(true));
        assert_eq!(span.events[0].name, "seen");
        assert_eq!(span.links[0].1, "e8c0f312f083174f");
        assert_eq!(
            span.resource["service.name"],
            Value::String("server".into())
        );
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
    }
}
