//! Encodes model.proto's messages directly from borrowed data.

use super::output::{
    bytes, bytes_len, double, double_len, element, length, message, number, number_len,
};
use super::{Batch, Log, Span, time};
use crate::lists::{Logs, References, TagWriter, Tags};
use crate::model::{Process, RefType, SpanRef, Tag};

/// The number of bytes of most messages' length: one, for up to 127 bytes.
const SMALL: usize = 1;
/// The same for a span or a process: two, for up to 16 KiB.
const MEDIUM: usize = 2;
/// The same for a batch: three, for up to 2 MiB.
const LARGE: usize = 3;

/// Appends a whole `PostSpansRequest`.
pub fn encode_post_spans(batch: &Batch<'_>, out: &mut Vec<u8>) {
    message::<LARGE>(1, out, |out| {
        for span in &batch.spans {
            encode_span(span, out);
        }
        if let Some(process) = &batch.process {
            encode_process(process, out);
        }
    });
}

/// Appends the header of a `PostSpansRequest`. The caller appends the `batch_len` bytes written by
/// [`encode_span`] and [`encode_process`].
pub fn begin_post_spans(batch_len: usize, out: &mut Vec<u8>) {
    length(1, batch_len, out);
}

/// Appends one span as an element of a `Batch`'s `spans` field.
///
/// A time that does not fit into 64 bits of seconds becomes the nearest that does.
pub fn encode_span<R, T, L>(span: &Span<'_, R, T, L>, out: &mut Vec<u8>)
where
    R: References,
    T: Tags,
    L: Logs<Time = i128>,
{
    message::<MEDIUM>(1, out, |out| {
        bytes(1, &span.trace_id, out);
        bytes(2, &span.span_id, out);
        bytes(3, span.operation_name.as_bytes(), out);
        span.references
            .for_each(|it| message::<SMALL>(4, out, |out| reference(it, out)));
        number(5, span.flags.into(), out);
        time_field(6, time::timestamp(span.start_time), out);
        time_field(7, time::duration(span.duration), out);
        tags(8, &span.tags, out);
        span.logs
            .for_each(|time, fields| message::<SMALL>(9, out, |out| log(time, fields, out)));
        if let Some(process) = &span.process {
            message::<MEDIUM>(10, out, |out| self::process(process, out));
        }
        bytes(11, span.process_id.as_bytes(), out);
        for warning in &span.warnings {
            element(12, warning.as_bytes(), out);
        }
    });
}

/// Appends the `process` field of a `Batch`.
pub fn encode_process(process: &Process<'_>, out: &mut Vec<u8>) {
    message::<MEDIUM>(2, out, |out| self::process(process, out));
}

fn process(process: &Process<'_>, out: &mut Vec<u8>) {
    bytes(1, process.service_name.as_bytes(), out);
    tags(2, &process.tags, out);
}

fn reference(reference: &SpanRef, out: &mut Vec<u8>) {
    bytes(1, &reference.trace_id, out);
    bytes(2, &reference.span_id, out);
    let ref_type = match reference.ref_type {
        RefType::ChildOf => 0,
        RefType::FollowsFrom => 1,
    };
    number(3, ref_type, out);
}

fn log(timestamp: i128, fields: &impl Tags, out: &mut Vec<u8>) {
    time_field(1, time::timestamp(timestamp), out);
    tags(2, fields, out);
}

fn tags(field: u8, tags: &impl Tags, out: &mut Vec<u8>) {
    tags.write(&mut KeyValues { field, out });
}

/// A repeated field of `KeyValue`s.
struct KeyValues<'o> {
    field: u8,
    out: &'o mut Vec<u8>,
}

impl KeyValues<'_> {
    /// Writes a tag whose value takes `value_len` bytes. The length is known before the tag is
    /// written, which is most of what is written.
    fn tag(&mut self, key: &str, value_len: usize, value: impl FnOnce(&mut Vec<u8>)) {
        let len = bytes_len(key.len()).saturating_add(value_len);
        length(self.field, len, self.out);
        bytes(1, key.as_bytes(), self.out);
        value(self.out);
    }

    /// The same with the number of the value's type, which is left out for text.
    fn typed(
        &mut self,
        key: &str,
        v_type: u64,
        value_len: usize,
        value: impl FnOnce(&mut Vec<u8>),
    ) {
        let len = number_len(v_type).saturating_add(value_len);
        self.tag(key, len, |out| {
            number(2, v_type, out);
            value(out);
        });
    }
}

impl TagWriter for KeyValues<'_> {
    fn string(&mut self, key: &str, value: &str) {
        self.tag(key, bytes_len(value.len()), |out| {
            bytes(3, value.as_bytes(), out);
        });
    }

    fn bool(&mut self, key: &str, value: bool) {
        let value = value.into();
        self.typed(key, 1, number_len(value), |out| number(4, value, out));
    }

    fn long(&mut self, key: &str, value: i64) {
        let value = value.cast_unsigned();
        self.typed(key, 2, number_len(value), |out| number(5, value, out));
    }

    fn double(&mut self, key: &str, value: f64) {
        self.typed(key, 3, double_len(value), |out| double(6, value, out));
    }

    fn binary(&mut self, key: &str, value: &[u8]) {
        self.typed(key, 4, bytes_len(value.len()), |out| bytes(7, value, out));
    }
}

/// A `Timestamp` or a `Duration`, given its parts. It is written even if both are zero, since Go's
/// receivers read an absent time as the year 1.
fn time_field(field: u8, (seconds, nanos): (i64, i64), out: &mut Vec<u8>) {
    message::<SMALL>(field, out, |out| {
        number(1, seconds.cast_unsigned(), out);
        number(2, nanos.cast_unsigned(), out);
    });
}

impl<'a> Logs for Vec<Log<'a>> {
    type Time = i128;
    type Fields = Vec<Tag<'a>>;

    fn for_each(&self, mut each: impl FnMut(i128, &Self::Fields)) {
        for log in self {
            each(log.timestamp, &log.fields);
        }
    }
}
