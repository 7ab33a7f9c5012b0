//! The field numbers of OTLP's messages, from trace.proto, common.proto and resource.proto, and the
//! fields that hold elements.

use crate::format::weight::Shape;

pub(crate) mod traces {
    pub(crate) const RESOURCE_SPANS: u32 = 1;
}

pub(crate) mod resource_spans {
    pub(crate) const RESOURCE: u32 = 1;
    pub(crate) const SCOPE_SPANS: u32 = 2;
    pub(crate) const SCHEMA_URL: u32 = 3;
}

pub(crate) mod scope_spans {
    pub(crate) const SCOPE: u32 = 1;
    pub(crate) const SPANS: u32 = 2;
    pub(crate) const SCHEMA_URL: u32 = 3;
}

pub(crate) mod resource {
    pub(crate) const ATTRIBUTES: u32 = 1;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 2;
}

pub(crate) mod scope {
    pub(crate) const NAME: u32 = 1;
    pub(crate) const VERSION: u32 = 2;
    pub(crate) const ATTRIBUTES: u32 = 3;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 4;
}

pub(crate) mod span {
    pub(crate) const TRACE_ID: u32 = 1;
    pub(crate) const SPAN_ID: u32 = 2;
    pub(crate) const TRACE_STATE: u32 = 3;
    pub(crate) const PARENT_SPAN_ID: u32 = 4;
    pub(crate) const NAME: u32 = 5;
    pub(crate) const KIND: u32 = 6;
    pub(crate) const START: u32 = 7;
    pub(crate) const END: u32 = 8;
    pub(crate) const ATTRIBUTES: u32 = 9;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 10;
    pub(crate) const EVENTS: u32 = 11;
    pub(crate) const DROPPED_EVENTS: u32 = 12;
    pub(crate) const LINKS: u32 = 13;
    pub(crate) const DROPPED_LINKS: u32 = 14;
    pub(crate) const STATUS: u32 = 15;
    pub(crate) const FLAGS: u32 = 16;
}

pub(crate) mod event {
    pub(crate) const TIME: u32 = 1;
    pub(crate) const NAME: u32 = 2;
    pub(crate) const ATTRIBUTES: u32 = 3;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 4;
}

pub(crate) mod link {
    pub(crate) const TRACE_ID: u32 = 1;
    pub(crate) const SPAN_ID: u32 = 2;
    pub(crate) const TRACE_STATE: u32 = 3;
    pub(crate) const ATTRIBUTES: u32 = 4;
    pub(crate) const DROPPED_ATTRIBUTES: u32 = 5;
    pub(crate) const FLAGS: u32 = 6;
}

pub(crate) mod status {
    pub(crate) const MESSAGE: u32 = 2;
    pub(crate) const CODE: u32 = 3;
}

pub(crate) mod key_value {
    pub(crate) const KEY: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
}

pub(crate) mod any_value {
    pub(crate) const STRING: u32 = 1;
    pub(crate) const BOOL: u32 = 2;
    pub(crate) const INT: u32 = 3;
    pub(crate) const DOUBLE: u32 = 4;
    pub(crate) const ARRAY: u32 = 5;
    pub(crate) const MAP: u32 = 6;
    pub(crate) const BYTES: u32 = 7;
}

/// The elements of both `ArrayValue` and `KeyValueList` are in field 1.
pub(super) const VALUES: u32 = 1;

/// The elements of `ExportTraceServiceRequest` and `TracesData`.
pub static EXPORT_REQUEST: Shape = Shape(&[(traces::RESOURCE_SPANS, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Shape = Shape(&[
    (resource_spans::RESOURCE, &RESOURCE),
    (resource_spans::SCOPE_SPANS, &SCOPE_SPANS),
]);
static SCOPE_SPANS: Shape = Shape(&[(scope_spans::SCOPE, &SCOPE), (scope_spans::SPANS, &SPAN)]);
/// The elements of `Resource`.
pub static RESOURCE: Shape = Shape(&[(resource::ATTRIBUTES, &KEY_VALUE)]);
/// The elements of `InstrumentationScope`.
pub static SCOPE: Shape = Shape(&[(scope::ATTRIBUTES, &KEY_VALUE)]);
/// The elements of `Span`.
pub static SPAN: Shape = Shape(&[
    (span::ATTRIBUTES, &KEY_VALUE),
    (span::EVENTS, &EVENT),
    (span::LINKS, &LINK),
]);
static EVENT: Shape = Shape(&[(event::ATTRIBUTES, &KEY_VALUE)]);
static LINK: Shape = Shape(&[(link::ATTRIBUTES, &KEY_VALUE)]);
pub(super) static KEY_VALUE: Shape = Shape(&[(key_value::VALUE, &ANY_VALUE)]);
pub(super) static ANY_VALUE: Shape = Shape(&[(any_value::ARRAY, &ARRAY), (any_value::MAP, &MAP)]);
static ARRAY: Shape = Shape(&[(VALUES, &ANY_VALUE)]);
static MAP: Shape = Shape(&[(VALUES, &KEY_VALUE)]);
