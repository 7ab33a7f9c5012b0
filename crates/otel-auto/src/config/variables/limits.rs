//! The variables of what one span may hold.

use crate::config::variable::Variable;

pub(in crate::config) static ATTRIBUTE_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_ATTRIBUTE_COUNT_LIMIT",
    default: "128",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "128 is used",
};

pub(in crate::config) static SPAN_ATTRIBUTE_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    default: "OTEL_ATTRIBUTE_COUNT_LIMIT",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "OTEL_ATTRIBUTE_COUNT_LIMIT is used",
};

pub(in crate::config) static EVENT_ATTRIBUTE_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    default: "OTEL_ATTRIBUTE_COUNT_LIMIT",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "OTEL_ATTRIBUTE_COUNT_LIMIT is used",
};

pub(in crate::config) static LINK_ATTRIBUTE_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    default: "OTEL_ATTRIBUTE_COUNT_LIMIT",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "OTEL_ATTRIBUTE_COUNT_LIMIT is used",
};

pub(in crate::config) static SPAN_EVENT_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_SPAN_EVENT_COUNT_LIMIT",
    default: "128",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "128 is used",
};

pub(in crate::config) static SPAN_LINK_COUNT_LIMIT: Variable = Variable {
    name: "OTEL_SPAN_LINK_COUNT_LIMIT",
    default: "128",
    accepts: "a whole number up to 4294967295; what goes beyond is dropped and counted",
    otherwise: "128 is used",
};

pub(in crate::config) static ATTRIBUTE_VALUE_LENGTH_LIMIT: Variable = Variable {
    name: "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    default: "no limit",
    accepts: "a whole number of characters; longer text is cut",
    otherwise: "there is no limit",
};

pub(in crate::config) static SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: Variable = Variable {
    name: "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    default: "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    accepts: "a whole number of characters; longer text is cut",
    otherwise: "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT is used",
};
