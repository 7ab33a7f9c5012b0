//! The parts of a span in Jaeger's JSON that several of its forms have: ids, times, tags, references and
//! logs.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jaeger_wire::{RefType, SpanRef, Tag, TagValue};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::format::jaeger::encode::{self as translate, Order};
use crate::model::{Event, Span, UnixNanos, Value, to_hex};

/// The amount of detail of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The fields that Jaeger writes.
    Jaeger,
    /// In addition, the data that Jaeger omits: nanoseconds, negative durations, and the data of links
    /// beside their ids.
    Exact,
    /// Only the fields that a timeline draws, as precise as `Exact`.
    Outline,
}

impl Detail {
    pub(super) fn order(self) -> Order {
        match self {
            Self::Jaeger => Order::Sorted,
            Self::Exact | Self::Outline => Order::Sent,
        }
    }
}

/// A time in microseconds: a whole number, or with nanoseconds as decimals.
#[derive(Clone, Copy)]
pub(super) enum Micros {
    Whole(u64),
    /// A time in nanoseconds.
    Exact(i128),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceJson {
    ref_type: &'static str,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Serialize)]
struct TagJson<'a> {
    key: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: JsonValue<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonValue<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
}

#[derive(Serialize)]
pub(super) struct LogJson<'a> {
    timestamp: Micros,
    #[serde(serialize_with = "tags")]
    pub(super) fields: Vec<Tag<'a>>,
}

/// The largest integer that every JSON reader represents exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

impl Micros {
    pub(super) fn at(moment: UnixNanos, detail: Detail) -> Self {
        if detail == Detail::Jaeger {
            Self::Whole(moment.micros())
        } else {
            Self::Exact(moment.0.into())
        }
    }

    /// The duration of a span. If the span ends before it starts, that is zero or, with exact
    /// detail, negative.
    pub(super) fn of(span: &Span<'_>, detail: Detail) -> Self {
        if detail == Detail::Jaeger {
            Self::Whole(span.end.0.saturating_sub(span.start.0) / 1000)
        } else {
            Self::Exact(i128::from(span.end.0) - i128::from(span.start.0))
        }
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = match *self {
            Self::Whole(micros) => return serializer.serialize_u64(micros),
            Self::Exact(nanos) => nanos,
        };
        let sign = if nanos < 0 { "-" } else { "" };
        let (micros, rest) = (nanos.unsigned_abs() / 1000, nanos.unsigned_abs() % 1000);
        // A floating-point number would not hold all digits.
        let text = if rest == 0 {
            format!("{sign}{micros}")
        } else {
            format!("{sign}{micros}.{rest:03}")
        };
        let number = RawValue::from_string(text).map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'a> LogJson<'a> {
    pub(super) fn new(event: &'a Event<'_>, detail: Detail) -> Self {
        Self {
            timestamp: Micros::at(event.time, detail),
            fields: translate::fields(event, detail.order()),
        }
    }
}

impl<'a> TagJson<'a> {
    fn new(tag: &'a Tag<'a>) -> Self {
        let (kind, value) = match &tag.value {
            TagValue::String(text) => ("string", JsonValue::Text(text.as_ref().into())),
            TagValue::Bool(bool) => ("bool", JsonValue::Bool(*bool)),
            TagValue::Long(int) if int.unsigned_abs() <= MAX_EXACT => {
                ("int64", JsonValue::Int(*int))
            }
            TagValue::Long(int) => ("int64", JsonValue::Text(int.to_string().into())),
            TagValue::Double(double) => ("float64", double_value(*double)),
            TagValue::Binary(bytes) => ("binary", JsonValue::Text(BASE64.encode(bytes).into())),
        };
        Self {
            key: &tag.key,
            kind,
            value,
        }
    }
}

/// Writes a number; a whole number without ".0", as Go does. NaN and the infinities, which JSON
/// lacks, are written as text.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "whole numbers up to 2^53 are exact in both types"
)]
fn double_value<'a>(double: f64) -> JsonValue<'a> {
    if !double.is_finite() {
        JsonValue::Text(Value::Double(double).text().into_owned().into())
    } else if double == 0.0 && double.is_sign_negative() {
        // An integer cannot represent negative zero.
        JsonValue::Double(double)
    } else if double.fract() == 0.0 && double.abs() <= MAX_EXACT as f64 {
        JsonValue::Int(double as i64)
    } else {
        JsonValue::Double(double)
    }
}

/// A trace id in Jaeger's form: 16 digits if the upper half is zero, else 32.
pub fn short_id(id: &[u8; 16]) -> String {
    match id.strip_prefix(&[0; 8]) {
        Some(low) => to_hex(low),
        None => to_hex(id),
    }
}

pub(super) fn process_id(number: usize) -> String {
    format!("p{}", number + 1)
}

pub(super) fn references<S: Serializer>(
    references: &[SpanRef],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(references.iter().map(|reference| ReferenceJson {
        ref_type: match reference.ref_type {
            RefType::ChildOf => "CHILD_OF",
            RefType::FollowsFrom => "FOLLOWS_FROM",
        },
        trace_id: short_id(&reference.trace_id),
        span_id: to_hex(&reference.span_id),
    }))
}

pub(super) fn tags<S: Serializer>(tags: &[Tag<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tags.iter().map(TagJson::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_stand_behind_the_point_with_all_their_digits() {
        for (micros, json) in [
            (Micros::Whole(5), "5"),
            (Micros::Exact(5000), "5"),
            (Micros::Exact(740), "0.740"),
            (Micros::Exact(-500), "-0.500"),
            (
                Micros::Exact(1_790_000_000_123_456_789),
                "1790000000123456.789",
            ),
        ] {
            assert_eq!(serde_json::to_string(&micros).unwrap(), json);
        }
    }
}
