//! The types of OTLP's JSON. Every member may be missing or null, and unknown ones are ignored.
//!
//! Like the Collector, this also accepts `snake_case` names, and the names used before 2022.

#![expect(
    clippy::struct_field_names,
    reason = "the names are those of the messages"
)]

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::format::json::JsonText;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traces<'a> {
    #[serde(borrow, alias = "resource_spans", alias = "batches")]
    pub(super) resource_spans: Option<Vec<ResourceSpans<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceSpans<'a> {
    #[serde(borrow)]
    pub(super) resource: Option<Resource<'a>>,
    #[serde(
        borrow,
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans",
        alias = "instrumentation_library_spans"
    )]
    pub(super) scope_spans: Option<Vec<ScopeSpans<'a>>>,
    #[serde(borrow, default, alias = "schema_url")]
    pub(super) schema_url: JsonText<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    pub(super) dropped_attributes_count: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeSpans<'a> {
    #[serde(
        borrow,
        alias = "instrumentationLibrary",
        alias = "instrumentation_library"
    )]
    pub(super) scope: Option<Scope<'a>>,
    /// Each is decoded separately, so that only an invalid one is rejected.
    #[serde(borrow)]
    pub(super) spans: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, alias = "schema_url")]
    pub(super) schema_url: JsonText<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scope<'a> {
    #[serde(borrow, default)]
    pub(super) name: JsonText<'a>,
    #[serde(borrow, default)]
    pub(super) version: JsonText<'a>,
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    pub(super) dropped_attributes_count: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span<'a> {
    #[serde(borrow, default, alias = "trace_id")]
    pub(super) trace_id: JsonText<'a>,
    #[serde(borrow, default, alias = "span_id")]
    pub(super) span_id: JsonText<'a>,
    #[serde(borrow, default, alias = "parent_span_id")]
    pub(super) parent_span_id: JsonText<'a>,
    #[serde(borrow, default, alias = "trace_state")]
    pub(super) trace_state: JsonText<'a>,
    pub(super) flags: Option<u32>,
    #[serde(borrow, default)]
    pub(super) name: JsonText<'a>,
    pub(super) kind: Option<Enum>,
    #[serde(alias = "start_time_unix_nano")]
    pub(super) start_time_unix_nano: Option<U64>,
    #[serde(alias = "end_time_unix_nano")]
    pub(super) end_time_unix_nano: Option<U64>,
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    pub(super) dropped_attributes_count: Option<u32>,
    #[serde(borrow)]
    pub(super) events: Option<Vec<Event<'a>>>,
    #[serde(alias = "dropped_events_count")]
    pub(super) dropped_events_count: Option<u32>,
    #[serde(borrow)]
    pub(super) links: Option<Vec<Link<'a>>>,
    #[serde(alias = "dropped_links_count")]
    pub(super) dropped_links_count: Option<u32>,
    #[serde(borrow)]
    pub(super) status: Option<Status<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(alias = "time_unix_nano")]
    pub(super) time_unix_nano: Option<U64>,
    #[serde(borrow, default)]
    pub(super) name: JsonText<'a>,
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    pub(super) dropped_attributes_count: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link<'a> {
    #[serde(borrow, default, alias = "trace_id")]
    pub(super) trace_id: JsonText<'a>,
    #[serde(borrow, default, alias = "span_id")]
    pub(super) span_id: JsonText<'a>,
    #[serde(borrow, default, alias = "trace_state")]
    pub(super) trace_state: JsonText<'a>,
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    pub(super) dropped_attributes_count: Option<u32>,
    pub(super) flags: Option<u32>,
}

#[derive(Deserialize, Default)]
pub(super) struct Status<'a> {
    #[serde(borrow, default)]
    pub(super) message: JsonText<'a>,
    pub(super) code: Option<Enum>,
}

#[derive(Deserialize)]
pub(super) struct KeyValue<'a> {
    #[serde(borrow, default)]
    pub(super) key: JsonText<'a>,
    #[serde(borrow)]
    pub(super) value: Option<AnyValue<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnyValue<'a> {
    #[serde(borrow, alias = "string_value")]
    pub(super) string_value: Option<JsonText<'a>>,
    #[serde(alias = "bool_value")]
    pub(super) bool_value: Option<bool>,
    #[serde(alias = "int_value")]
    pub(super) int_value: Option<I64>,
    #[serde(alias = "double_value")]
    pub(super) double_value: Option<F64>,
    #[serde(borrow, alias = "array_value")]
    pub(super) array_value: Option<Values<AnyValue<'a>>>,
    #[serde(borrow, alias = "kvlist_value")]
    pub(super) kvlist_value: Option<Values<KeyValue<'a>>>,
    #[serde(borrow, alias = "bytes_value")]
    pub(super) bytes_value: Option<JsonText<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Values<T> {
    pub(super) values: Option<Vec<T>>,
}

/// A number or its text.
pub(super) struct U64(pub(super) u64);

/// A number or its text.
pub(super) struct I64(pub(super) i64);

/// A number or its text, or "NaN", "Infinity" and "-Infinity".
pub(super) struct F64(pub(super) f64);

/// The value of an enum: its number, or its name, which the specification does not allow but some
/// senders write.
pub(super) enum Enum {
    Number(u64),
    Name(String),
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::U64(number) => Ok(Self(number)),
            Number::Text(text) => text.parse().map(Self).map_err(de::Error::custom),
            Number::I64(_) | Number::F64(_) => Err(de::Error::custom("not an unsigned integer")),
        }
    }
}

impl<'de> Deserialize<'de> for I64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::I64(number) => Ok(Self(number)),
            Number::U64(number) => number.try_into().map(Self).map_err(de::Error::custom),
            Number::Text(text) => text.parse().map(Self).map_err(de::Error::custom),
            Number::F64(_) => Err(de::Error::custom("not an integer")),
        }
    }
}

impl<'de> Deserialize<'de> for F64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::F64(number) => Ok(Self(number)),
            #[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
            Number::I64(number) => Ok(Self(number as f64)),
            #[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
            Number::U64(number) => Ok(Self(number as f64)),
            Number::Text(text) => text.parse().map(Self).map_err(de::Error::custom),
        }
    }
}

impl<'de> Deserialize<'de> for Enum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::U64(number) => Ok(Self::Number(number)),
            Number::Text(name) => Ok(Self::Name(name)),
            Number::I64(_) | Number::F64(_) => Ok(Self::Number(0)),
        }
    }
}

/// A number in any of JSON's notations, or text.
enum Number {
    U64(u64),
    I64(i64),
    F64(f64),
    Text(String),
}

struct NumberVisitor;

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number as text")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(Number::U64(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(Number::I64(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        Ok(Number::F64(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Number, E> {
        Ok(Number::Text(text.to_owned()))
    }
}
