//! OTLP's `ExportLogsServiceRequest` as protobuf and as JSON.
//!
//! IDL: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto>

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::otlp::{write_attributes, write_value};
use super::otlp_json::{attributes, value};
use super::protobuf::Message;
use crate::model::LogRecord;
use crate::model::{Value, attribute};

/// The gRPC method for log records.
pub(super) const METHOD: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// Encodes a request with these records as protobuf.
pub(super) fn request(service: &str, records: &[LogRecord]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |out| {
        out.message(1, |out| {
            write_attributes(out, 1, &[attribute("service.name", service)]);
        });
        out.message(2, |out| {
            for record in records {
                out.message(2, |out| write_record(out, record));
            }
        });
    });
    request.finish()
}

fn write_record(out: &mut Message, record: &LogRecord) {
    if record.time != 0 {
        out.fixed64(1, record.time);
    }
    // A negative 32-bit number is written as a 64-bit one.
    out.number(2, i64::from(record.severity).cast_unsigned());
    out.text(3, &record.severity_text);
    if record.body != Value::Empty {
        out.message(5, |out| write_value(out, &record.body));
    }
    write_attributes(out, 6, &record.attributes);
    out.number(7, record.dropped.into());
    if record.flags != 0 {
        out.fixed32(8, record.flags);
    }
    out.bytes(9, &record.trace_id);
    out.bytes(10, &record.span_id);
    if record.observed != 0 {
        out.fixed64(11, record.observed);
    }
    out.text(12, &record.event_name);
}

/// Encodes the same request as JSON.
pub(super) fn request_json(service: &str, records: &[LogRecord]) -> Vec<u8> {
    let request = json!({ "resourceLogs": [{
        "resource": { "attributes": attributes(&[attribute("service.name", service)]) },
        "scopeLogs": [{ "logRecords": records.iter().map(record).collect::<Vec<_>>() }],
    }] });
    request.to_string().into_bytes()
}

fn record(it: &LogRecord) -> Json {
    json!({
        "timeUnixNano": it.time.to_string(),
        "observedTimeUnixNano": it.observed.to_string(),
        "severityNumber": it.severity,
        "severityText": it.severity_text,
        "body": (it.body != Value::Empty).then(|| value(&it.body)),
        "attributes": attributes(&it.attributes),
        "droppedAttributesCount": it.dropped,
        "flags": it.flags,
        "traceId": hex(&it.trace_id),
        "spanId": hex(&it.span_id),
        "eventName": it.event_name,
    })
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
