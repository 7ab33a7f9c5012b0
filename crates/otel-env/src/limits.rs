//! The limits of a span.
//!
//! <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>

use crate::reader::Reader;
use crate::variable::Variable;
use crate::variables as v;

pub(crate) const DEFAULT_COUNT: u32 = 128;

/// The limits of a span. Items beyond a limit are dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events of a span.
    pub max_events_per_span: u32,
    /// The most attributes of a span.
    pub max_attributes_per_span: u32,
    /// The most links of a span.
    pub max_links_per_span: u32,
    /// The most attributes of an event.
    pub max_attributes_per_event: u32,
    /// The most attributes of a link.
    pub max_attributes_per_link: u32,
    /// The most characters of a text attribute; longer text is truncated.
    pub value_length: Option<usize>,
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Limits {
    let mut count = |variable| {
        let own = reader.inherited(variable, limit);
        own.unwrap_or(DEFAULT_COUNT)
    };
    Limits {
        max_attributes_per_span: count(&v::SPAN_ATTRIBUTE_COUNT_LIMIT),
        max_events_per_span: count(&v::SPAN_EVENT_COUNT_LIMIT),
        max_links_per_span: count(&v::SPAN_LINK_COUNT_LIMIT),
        max_attributes_per_event: count(&v::EVENT_ATTRIBUTE_COUNT_LIMIT),
        max_attributes_per_link: count(&v::LINK_ATTRIBUTE_COUNT_LIMIT),
        value_length: reader.inherited(&v::SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, limit),
    }
}

/// Reads an integer; zero is a valid limit.
fn limit<N: std::str::FromStr>(reader: &mut Reader<'_>, variable: &'static Variable) -> Option<N> {
    reader.parse(variable, |value| value.parse().ok())
}
