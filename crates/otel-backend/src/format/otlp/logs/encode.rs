//! Encodes log records to OTLP's bytes.

use super::fields::{
    ATTRIBUTES, BODY, DROPPED_ATTRIBUTES, EVENT_NAME, FLAGS, SEVERITY, SEVERITY_TEXT,
};
use crate::format::otlp::encode::{encode_attributes, encode_value};
use crate::format::protobuf::{write_fixed32, write_message, write_text, write_uint};
use crate::model::{LogRecord, Value};

/// Appends a `LogRecord` message without its times and its ids.
pub fn encode_log_rest(it: &LogRecord<'_>, out: &mut Vec<u8>) {
    // Protobuf writes a negative 32-bit number as a 64-bit one.
    let severity = i64::from(it.severity.0).cast_unsigned();
    write_uint(SEVERITY, severity, out);
    write_text(SEVERITY_TEXT, &it.severity_text, out);
    if it.body != Value::Empty {
        write_message(BODY, out, |out| encode_value(&it.body, out));
    }
    encode_attributes(ATTRIBUTES, &it.attributes, out);
    write_uint(DROPPED_ATTRIBUTES, it.dropped_attributes.into(), out);
    if it.flags != 0 {
        write_fixed32(FLAGS, it.flags, out);
    }
    write_text(EVENT_NAME, &it.event_name, out);
}
