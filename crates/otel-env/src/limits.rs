//! The limits of one span.
//!
//! <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>

use crate::reader::Reader;
use crate::variable::Variable;
use crate::variables as v;

pub(crate) const DEFAULT_COUNT: u32 = 128;

/// The limits of one span. Whatever exceeds a count is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The events of a span.
    pub max_events_per_span: u32,
    /// The attributes of a span.
    pub max_attributes_per_span: u32,
    /// The links of a span.
    pub max_links_per_span: u32,
    /// The attributes of an event.
    pub max_attributes_per_event: u32,
    /// The attributes of a link.
    pub max_attributes_per_link: u32,
    /// The characters in the text of an attribute; longer text is cut.
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

/// A whole number; zero is a limit too.
fn limit<N: std::str::FromStr>(reader: &mut Reader<'_>, variable: &'static Variable) -> Option<N> {
    reader.parse(variable, |value| value.parse().ok())
}
