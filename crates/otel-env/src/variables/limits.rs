//! The variables that limit the contents of a span.

use crate::variable::Variable;

pub(crate) static ATTRIBUTE_COUNT_LIMIT: Variable = count("OTEL_ATTRIBUTE_COUNT_LIMIT");

pub(crate) static SPAN_ATTRIBUTE_COUNT_LIMIT: Variable =
    Variable::specific("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", &ATTRIBUTE_COUNT_LIMIT);

pub(crate) static EVENT_ATTRIBUTE_COUNT_LIMIT: Variable =
    Variable::specific("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", &ATTRIBUTE_COUNT_LIMIT);

pub(crate) static LINK_ATTRIBUTE_COUNT_LIMIT: Variable =
    Variable::specific("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", &ATTRIBUTE_COUNT_LIMIT);

pub(crate) static SPAN_EVENT_COUNT_LIMIT: Variable = count("OTEL_SPAN_EVENT_COUNT_LIMIT");

pub(crate) static SPAN_LINK_COUNT_LIMIT: Variable = count("OTEL_SPAN_LINK_COUNT_LIMIT");

pub(crate) static ATTRIBUTE_VALUE_LENGTH_LIMIT: Variable = Variable::new(
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "no limit",
    "a whole number of characters; longer text is cut",
    "there is no limit",
);

pub(crate) static SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: Variable = Variable::specific(
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    &ATTRIBUTE_VALUE_LENGTH_LIMIT,
);

const fn count(name: &'static str) -> Variable {
    Variable::new(
        name,
        "128",
        "a whole number up to 4294967295; what goes beyond is dropped and counted",
        "128 is used",
    )
}
