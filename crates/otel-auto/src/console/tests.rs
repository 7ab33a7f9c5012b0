use std::borrow::Cow;
use std::sync::mpsc;
use std::time::SystemTime;

use jiff::Timestamp;
use opentelemetry::trace::{SpanContext, TraceFlags, TraceId};
use opentelemetry::{Array, InstrumentationScope, Value};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

use super::*;

const CLIENT: &str = include_str!("../../tests/fixtures/python-client.stdout");
const SERVER: &str = include_str!("../../tests/fixtures/python-server.stdout");

#[test]
fn prints_what_the_python_client_printed() {
    let trace = "e0d4f1fd77ed1a7a5c0ecc023b6319c1";
    let client_server = SpanData {
        parent_span_id: SpanId::from_hex("60dc19ef2ee73ce2").unwrap(),
        start_time: time("2026-11-22T18:31:52.544252Z"),
        end_time: time("2026-11-22T18:31:52.549527Z"),
        ..span("client-server", context(trace, "e8c0f312f083174f", ""))
    };
    let client = SpanData {
        start_time: time("2026-11-22T18:31:52.544184Z"),
        end_time: time("2026-11-22T18:31:52.549567Z"),
        ..span("client", context(trace, "60dc19ef2ee73ce2", ""))
    };

    let printed = print(
        vec![client_server, client],
        "python-thrift-client-automatic",
    );

    assert_eq!(printed, CLIENT);
}

#[test]
fn prints_what_the_python_server_printed() {
    let server = SpanData {
        parent_span_id: SpanId::from_hex("e8c0f312f083174f").unwrap(),
        span_kind: SpanKind::Server,
        start_time: time("2026-11-22T18:31:52.547286Z"),
        end_time: time("2026-11-22T18:31:52.548582Z"),
        attributes: vec![
            KeyValue::new("http.method", "GET"),
            KeyValue::new("http.server_name", "127.0.0.1"),
            KeyValue::new("http.scheme", "http"),
            KeyValue::new("net.host.port", 8082),
            KeyValue::new("http.host", "localhost:8082"),
            KeyValue::new("http.target", "/server_request?param=testing"),
            KeyValue::new("net.peer.ip", "127.0.0.1"),
            KeyValue::new("http.user_agent", "python-requests/2.27.1"),
            KeyValue::new("net.peer.port", 40240),
            KeyValue::new("http.flavor", "1.1"),
            KeyValue::new("http.route", "/server_request"),
            KeyValue::new("http.status_code", 200),
        ],
        ..span(
            "/server_request",
            context("e0d4f1fd77ed1a7a5c0ecc023b6319c1", "80b4dcf82586c611", ""),
        )
    };

    let printed = print(vec![server], "python-thrift-server-automatic");

    assert_eq!(printed, SERVER);
}

#[test]
fn prints_events_links_status_and_every_type_of_value() {
    let mut events = SpanEvents::default();
    events.events.push(Event::new(
        "foo1",
        // Half a microsecond is rounded up.
        time("2026-11-22T18:31:52.9999995Z"),
        vec![KeyValue::new("escaped", "中 😀 \"quoted\"")],
        0,
    ));
    let mut links = SpanLinks::default();
    links.links.push(Link::new(
        context(
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef",
            "k=it's,l=v",
        ),
        vec![KeyValue::new("relation", "follows")],
        0,
    ));
    let everything = SpanData {
        span_kind: SpanKind::Consumer,
        status: Status::error("it broke"),
        attributes: vec![
            KeyValue::new("bool", true),
            KeyValue::new("twice", "first"),
            KeyValue::new("double", 100.0),
            KeyValue::new("nan", f64::NAN),
            KeyValue::new("twice", "last"),
            KeyValue::new("ints", Value::Array(Array::I64(vec![1, -2]))),
            KeyValue::new("none", Value::Array(Array::String(Vec::new()))),
        ],
        events,
        links,
        ..span(
            "everything",
            context(
                "e0d4f1fd77ed1a7a5c0ecc023b6319c1",
                "80b4dcf82586c611",
                "k=v",
            ),
        )
    };

    insta::assert_snapshot!(print(vec![everything], "s"), @r##"
    {
        "name": "everything",
        "context": {
            "trace_id": "0xe0d4f1fd77ed1a7a5c0ecc023b6319c1",
            "span_id": "0x80b4dcf82586c611",
            "trace_state": "['{key=k, value=v}']"
        },
        "kind": "SpanKind.CONSUMER",
        "parent_id": null,
        "start_time": "1970-01-01T00:00:00.000000Z",
        "end_time": "1970-01-01T00:00:00.000000Z",
        "status": {
            "status_code": "ERROR",
            "description": "it broke"
        },
        "attributes": {
            "bool": true,
            "twice": "last",
            "double": 100.0,
            "nan": NaN,
            "ints": [
                1,
                -2
            ],
            "none": []
        },
        "events": [
            {
                "name": "foo1",
                "timestamp": "2026-11-22T18:31:53.000000Z",
                "attributes": {
                    "escaped": "\u4e2d \ud83d\ude00 \"quoted\""
                }
            }
        ],
        "links": [
            {
                "context": {
                    "trace_id": "0x0123456789abcdef0123456789abcdef",
                    "span_id": "0x0123456789abcdef",
                    "trace_state": "[\"{key=k, value=it's}\", '{key=l, value=v}']"
                },
                "attributes": {
                    "relation": "follows"
                }
            }
        ],
        "resource": {
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "1.12.0rc1",
            "service.name": "s",
            "telemetry.auto.version": "0.31b0"
        }
    }
    "##);
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let exporter = ConsoleExporter::to(Closed);
    let export = exporter.export(vec![span("a", SpanContext::NONE)]);
    assert!(block_on(export).is_ok());
}

fn print(spans: Vec<SpanData>, service: &'static str) -> String {
    let (sender, receiver) = mpsc::channel();
    let mut exporter = ConsoleExporter::to(Sender(sender));
    exporter.set_resource(
        &Resource::builder_empty()
            .with_service_name(service)
            .with_attributes([
                KeyValue::new("telemetry.auto.version", "0.31b0"),
                KeyValue::new("telemetry.sdk.version", "1.12.0rc1"),
                KeyValue::new("telemetry.sdk.name", "opentelemetry"),
                KeyValue::new("telemetry.sdk.language", "python"),
            ])
            .build(),
    );
    block_on(exporter.export(spans)).unwrap();
    drop(exporter);
    String::from_utf8(receiver.into_iter().flatten().collect()).unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

struct Sender(mpsc::Sender<Vec<u8>>);

impl Write for Sender {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.send(text.to_vec()).unwrap();
        Ok(text.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn time(text: &str) -> SystemTime {
    text.parse::<Timestamp>().unwrap().into()
}

fn context(trace_id: &str, span_id: &str, state: &str) -> SpanContext {
    SpanContext::new(
        TraceId::from_hex(trace_id).unwrap(),
        SpanId::from_hex(span_id).unwrap(),
        TraceFlags::SAMPLED,
        false,
        state.parse().unwrap(),
    )
}

fn span(name: &'static str, span_context: SpanContext) -> SpanData {
    SpanData {
        span_context,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: Cow::Borrowed(name),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}
