//! The lists of a span as the encoders read them: once, from front to back.
//!
//! A decoded span has vectors. A span that is only encoded may have, in their place, something that
//! generates each item when it is written, so that no list is built and nothing is copied.

use crate::model::{SpanRef, Tag, TagValue};

/// References to be encoded.
pub trait References {
    /// Calls `each` with the references, in their order.
    fn for_each(&self, each: impl FnMut(&SpanRef));
}

/// Tags to be encoded.
pub trait Tags {
    /// Writes the tags in their order.
    fn write(&self, out: &mut impl TagWriter);
}

/// A writer of tags, with one method for each type of value.
pub trait TagWriter {
    /// Writes a tag with text.
    fn string(&mut self, key: &str, value: &str);
    /// Writes a tag with a float.
    fn double(&mut self, key: &str, value: f64);
    /// Writes a tag with a boolean.
    fn bool(&mut self, key: &str, value: bool);
    /// Writes a tag with an integer.
    fn long(&mut self, key: &str, value: i64);
    /// Writes a tag with bytes.
    fn binary(&mut self, key: &str, value: &[u8]);
}

/// Logs to be encoded.
pub trait Logs {
    /// The type of times: `i64` microseconds in Thrift, `i128` nanoseconds in protobuf.
    type Time;
    /// The type of a log's fields.
    type Fields: Tags;

    /// Calls `each` with the time and the fields of each log, in their order.
    fn for_each(&self, each: impl FnMut(Self::Time, &Self::Fields));
}

impl References for Vec<SpanRef> {
    fn for_each(&self, each: impl FnMut(&SpanRef)) {
        self.iter().for_each(each);
    }
}

impl Tags for Vec<Tag<'_>> {
    fn write(&self, out: &mut impl TagWriter) {
        for Tag { key, value } in self {
            match value {
                TagValue::String(value) => out.string(key, value),
                TagValue::Double(value) => out.double(key, *value),
                TagValue::Bool(value) => out.bool(key, *value),
                TagValue::Long(value) => out.long(key, *value),
                TagValue::Binary(value) => out.binary(key, value),
            }
        }
    }
}
