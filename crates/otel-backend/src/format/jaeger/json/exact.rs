//! Extensions of Jaeger's JSON, written on request: nanoseconds, negative durations, and the data
//! of links beside their ids.

use jaeger_wire::Tag;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::encode::{Detail, short_id, tags};
use crate::format::jaeger::encode::tag;
use crate::model::{Link, Span, UnixNanos, to_hex};

/// A time in microseconds: a whole number, or with nanoseconds as decimals.
#[derive(Clone, Copy)]
pub(super) enum Micros {
    Whole(u64),
    /// A time in nanoseconds.
    Exact(i128),
}

/// A link with its attributes and its trace state.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    trace_state: &'a str,
    #[serde(serialize_with = "tags")]
    attributes: Vec<Tag<'a>>,
}

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

/// The links that have data beside their ids.
pub(super) fn links<'a>(span: &'a Span<'_>) -> Vec<LinkJson<'a>> {
    span.links.iter().filter_map(link).collect()
}

fn link<'a>(link: &'a Link<'_>) -> Option<LinkJson<'a>> {
    let (trace_id, span_id) = (link.trace_id?, link.span_id?);
    let says_more = !link.attributes.is_empty() || !link.trace_state.is_empty();
    says_more.then(|| LinkJson {
        trace_id: short_id(trace_id.as_bytes()),
        span_id: to_hex(span_id.as_bytes()),
        trace_state: &link.trace_state,
        attributes: link.attributes.iter().map(tag).collect(),
    })
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
