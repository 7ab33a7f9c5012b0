//! The types that Jaeger's Thrift and protobuf models share.

use std::borrow::Cow;

/// A typed key and value: `Tag` in jaeger.thrift, `KeyValue` in model.proto.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag<'a> {
    /// The name.
    pub key: Cow<'a, str>,
    /// The value with its type.
    pub value: TagValue<'a>,
}

/// The five value types that Jaeger knows.
#[derive(Debug, Clone, PartialEq)]
pub enum TagValue<'a> {
    /// UTF-8 text. When bytes that are not UTF-8 are decoded, U+FFFD takes their place.
    String(Cow<'a, str>),
    /// A 64-bit float: `DOUBLE` in Thrift, `FLOAT64` in protobuf.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A signed 64-bit integer: `LONG` in Thrift, `INT64` in protobuf.
    Long(i64),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
}

/// The process that emitted spans.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process<'a> {
    /// The service's name.
    pub service_name: Cow<'a, str>,
    /// The attributes of the process.
    pub tags: Vec<Tag<'a>>,
}

/// The kind of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefType {
    /// The span is a child of the other.
    ChildOf,
    /// The span follows from the other.
    FollowsFrom,
}

/// A reference to another span. Ids are big-endian, as in W3C trace context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanRef {
    /// The kind of reference. An unknown number on the wire is read as [`RefType::FollowsFrom`].
    pub ref_type: RefType,
    /// The trace id of the other span.
    pub trace_id: [u8; 16],
    /// The id of the other span.
    pub span_id: [u8; 8],
}

impl<'a> Tag<'a> {
    /// Makes a tag from a key and a value.
    ///
    /// ```
    /// use jaeger_wire::{Tag, TagValue};
    ///
    /// assert_eq!(Tag::new("retries", 3).value, TagValue::Long(3));
    /// assert_eq!(Tag::new("error", true).value, TagValue::Bool(true));
    /// ```
    pub fn new(key: impl Into<Cow<'a, str>>, value: impl Into<TagValue<'a>>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

impl<'a> From<&'a str> for TagValue<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for TagValue<'_> {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<f64> for TagValue<'_> {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<bool> for TagValue<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for TagValue<'_> {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl<'a> From<&'a [u8]> for TagValue<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Binary(value.into())
    }
}
