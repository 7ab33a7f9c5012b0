//! How much one span may hold.
//!
//! <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>

use opentelemetry_sdk::trace::SpanLimits;

use super::variable::{Reader, Variable};
use super::variables as v;

const DEFAULT_COUNT: u32 = 128;

/// How much one span may hold. What goes beyond is dropped and counted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many attributes, events and links.
    pub counts: SpanLimits,
    /// How many characters the text of an attribute may have; longer text is cut.
    pub value_length: Option<usize>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Limits {
    let attributes = limit(reader, &v::ATTRIBUTE_COUNT_LIMIT).unwrap_or(DEFAULT_COUNT);
    let mut count = |variable, default| limit(reader, variable).unwrap_or(default);
    let counts = SpanLimits {
        max_attributes_per_span: count(&v::SPAN_ATTRIBUTE_COUNT_LIMIT, attributes),
        max_events_per_span: count(&v::SPAN_EVENT_COUNT_LIMIT, DEFAULT_COUNT),
        max_links_per_span: count(&v::SPAN_LINK_COUNT_LIMIT, DEFAULT_COUNT),
        max_attributes_per_event: count(&v::EVENT_ATTRIBUTE_COUNT_LIMIT, attributes),
        max_attributes_per_link: count(&v::LINK_ATTRIBUTE_COUNT_LIMIT, attributes),
    };
    let length = limit(reader, &v::ATTRIBUTE_VALUE_LENGTH_LIMIT);
    Limits {
        counts,
        value_length: limit(reader, &v::SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT).or(length),
    }
}

/// A whole number; none at all is a limit too.
fn limit<N: std::str::FromStr>(reader: &mut Reader<'_>, variable: &'static Variable) -> Option<N> {
    reader.parse(variable, |value| value.parse().ok())
}
