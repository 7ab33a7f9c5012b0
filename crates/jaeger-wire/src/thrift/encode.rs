//! Encodes jaeger.thrift's structs in either protocol. Optional lists that are empty are left out.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

use super::output::{Kind, Output};
use super::{Log, Span};
use crate::lists::{Logs, References, TagWriter, Tags};
use crate::model::{Process, RefType, SpanRef, Tag};

/// A list while it is written.
struct List<'o, O> {
    out: &'o mut O,
    length: i32,
}

/// The fields of a `Batch` up to its first span.
pub(super) fn batch_head(process: &Process<'_>, spans: usize, out: &mut impl Output) {
    out.field(1, Kind::Struct);
    let outer = out.begin();
    out.bytes_field(1, process.service_name.as_bytes());
    optional_list(2, out, |list| process.tags.write(list));
    out.end(outer);
    out.field(2, Kind::List);
    out.list(spans);
}

pub(super) fn span<R, T, L>(span: &Span<'_, R, T, L>, out: &mut impl Output)
where
    R: References,
    T: Tags,
    L: Logs<Time = i64>,
{
    let outer = out.begin();
    let (high, low) = halves(span.trace_id);
    out.i64_field(1, low);
    out.i64_field(2, high);
    out.i64_field(3, i64::from_be_bytes(span.span_id));
    out.i64_field(4, i64::from_be_bytes(span.parent_span_id));
    out.bytes_field(5, span.operation_name.as_bytes());
    optional_list(6, out, |list| {
        span.references
            .for_each(|it| list.item(|out| reference(it, out)));
    });
    out.i32_field(7, span.flags);
    out.i64_field(8, span.start_time);
    out.i64_field(9, span.duration);
    optional_list(10, out, |list| span.tags.write(list));
    optional_list(11, out, |list| {
        span.logs
            .for_each(|time, fields| list.item(|out| log(time, fields, out)));
    });
    out.end(outer);
}

fn reference(reference: &SpanRef, out: &mut impl Output) {
    let outer = out.begin();
    let (high, low) = halves(reference.trace_id);
    let ref_type = match reference.ref_type {
        RefType::ChildOf => 0,
        RefType::FollowsFrom => 1,
    };
    out.i32_field(1, ref_type);
    out.i64_field(2, low);
    out.i64_field(3, high);
    out.i64_field(4, i64::from_be_bytes(reference.span_id));
    out.end(outer);
}

fn log(timestamp: i64, fields: &impl Tags, out: &mut impl Output) {
    let outer = out.begin();
    out.i64_field(1, timestamp);
    list(2, out, |list| fields.write(list));
    out.end(outer);
}

/// Writes a list, or nothing if it is empty.
fn optional_list<O: Output>(id: i16, out: &mut O, write: impl FnOnce(&mut List<'_, O>)) {
    let start = out.begin_list(id);
    match items(out, write) {
        0 => out.take_back(start),
        length => out.end_list(start, length),
    }
}

fn list<O: Output>(id: i16, out: &mut O, write: impl FnOnce(&mut List<'_, O>)) {
    let start = out.begin_list(id);
    let length = items(out, write);
    out.end_list(start, length);
}

/// Writes items and counts them.
fn items<O: Output>(out: &mut O, write: impl FnOnce(&mut List<'_, O>)) -> i32 {
    let mut list = List { out, length: 0 };
    write(&mut list);
    list.length
}

impl<O> List<'_, O> {
    /// Writes an item, up to the largest number of items that Thrift can count.
    fn item(&mut self, write: impl FnOnce(&mut O)) {
        if let Some(length) = self.length.checked_add(1) {
            self.length = length;
            write(self.out);
        }
    }
}

/// The IDL's `Tag`, with its `TagType`.
impl<O: Output> TagWriter for List<'_, O> {
    fn string(&mut self, key: &str, value: &str) {
        self.item(|out| out.tag_bytes(key, 0, 3, value.as_bytes()));
    }

    fn double(&mut self, key: &str, value: f64) {
        self.item(|out| out.tag_double(key, 1, 4, value));
    }

    fn bool(&mut self, key: &str, value: bool) {
        self.item(|out| out.tag_bool(key, 2, 5, value));
    }

    fn long(&mut self, key: &str, value: i64) {
        self.item(|out| out.tag_long(key, 3, 6, value));
    }

    fn binary(&mut self, key: &str, value: &[u8]) {
        self.item(|out| out.tag_bytes(key, 4, 7, value));
    }
}

fn halves(trace_id: [u8; 16]) -> (i64, i64) {
    let id = u128::from_be_bytes(trace_id).cast_signed();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of the id are what is wanted"
    )]
    ((id >> 64) as i64, id as i64)
}

impl<'a> Logs for Vec<Log<'a>> {
    type Time = i64;
    type Fields = Vec<Tag<'a>>;

    fn for_each(&self, mut each: impl FnMut(i64, &Self::Fields)) {
        for log in self {
            each(log.timestamp, &log.fields);
        }
    }
}
