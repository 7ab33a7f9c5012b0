//! The field numbers of OTLP's messages, as trace.proto, common.proto and resource.proto give them,
//! and which of the fields hold elements.

use crate::format::weight::Shape;

pub(super) mod traces {
    pub(in crate::format::otlp) const RESOURCE_SPANS: u32 = 1;
}

pub(super) mod resource_spans {
    pub(in crate::format::otlp) const RESOURCE: u32 = 1;
    pub(in crate::format::otlp) const SCOPE_SPANS: u32 = 2;
    pub(in crate::format::otlp) const SCHEMA_URL: u32 = 3;
}

pub(super) mod scope_spans {
    pub(in crate::format::otlp) const SCOPE: u32 = 1;
    pub(in crate::format::otlp) const SPANS: u32 = 2;
    pub(in crate::format::otlp) const SCHEMA_URL: u32 = 3;
}

pub(super) mod resource {
    pub(in crate::format::otlp) const ATTRIBUTES: u32 = 1;
    pub(in crate::format::otlp) const DROPPED_ATTRIBUTES: u32 = 2;
}

pub(super) mod scope {
    pub(in crate::format::otlp) const NAME: u32 = 1;
    pub(in crate::format::otlp) const VERSION: u32 = 2;
    pub(in crate::format::otlp) const ATTRIBUTES: u32 = 3;
    pub(in crate::format::otlp) const DROPPED_ATTRIBUTES: u32 = 4;
}

pub(super) mod span {
    pub(in crate::format::otlp) const TRACE_ID: u32 = 1;
    pub(in crate::format::otlp) const SPAN_ID: u32 = 2;
    pub(in crate::format::otlp) const TRACE_STATE: u32 = 3;
    pub(in crate::format::otlp) const PARENT_SPAN_ID: u32 = 4;
    pub(in crate::format::otlp) const NAME: u32 = 5;
    pub(in crate::format::otlp) const KIND: u32 = 6;
    pub(in crate::format::otlp) const START: u32 = 7;
    pub(in crate::format::otlp) const END: u32 = 8;
    pub(in crate::format::otlp) const ATTRIBUTES: u32 = 9;
    pub(in crate::format::otlp) const DROPPED_ATTRIBUTES: u32 = 10;
    pub(in crate::format::otlp) const EVENTS: u32 = 11;
    pub(in crate::format::otlp) const DROPPED_EVENTS: u32 = 12;
    pub(in crate::format::otlp) const LINKS: u32 = 13;
    pub(in crate::format::otlp) const DROPPED_LINKS: u32 = 14;
    pub(in crate::format::otlp) const STATUS: u32 = 15;
    pub(in crate::format::otlp) const FLAGS: u32 = 16;
}

pub(super) mod event {
    pub(in crate::format::otlp) const TIME: u32 = 1;
    pub(in crate::format::otlp) const NAME: u32 = 2;
    pub(in crate::format::otlp) const ATTRIBUTES: u32 = 3;
    pub(in crate::format::otlp) const DROPPED_ATTRIBUTES: u32 = 4;
}

pub(super) mod link {
    pub(in crate::format::otlp) const TRACE_ID: u32 = 1;
    pub(in crate::format::otlp) const SPAN_ID: u32 = 2;
    pub(in crate::format::otlp) const TRACE_STATE: u32 = 3;
    pub(in crate::format::otlp) const ATTRIBUTES: u32 = 4;
    pub(in crate::format::otlp) const DROPPED_ATTRIBUTES: u32 = 5;
    pub(in crate::format::otlp) const FLAGS: u32 = 6;
}

pub(super) mod status {
    pub(in crate::format::otlp) const MESSAGE: u32 = 2;
    pub(in crate::format::otlp) const CODE: u32 = 3;
}

pub(super) mod key_value {
    pub(in crate::format::otlp) const KEY: u32 = 1;
    pub(in crate::format::otlp) const VALUE: u32 = 2;
}

pub(super) mod any_value {
    pub(in crate::format::otlp) const STRING: u32 = 1;
    pub(in crate::format::otlp) const BOOL: u32 = 2;
    pub(in crate::format::otlp) const INT: u32 = 3;
    pub(in crate::format::otlp) const DOUBLE: u32 = 4;
    pub(in crate::format::otlp) const ARRAY: u32 = 5;
    pub(in crate::format::otlp) const MAP: u32 = 6;
    pub(in crate::format::otlp) const BYTES: u32 = 7;
}

/// `ArrayValue` and `KeyValueList` both hold their elements in field 1.
pub(super) const VALUES: u32 = 1;

/// `ExportTraceServiceRequest` and `TracesData`: the elements in them.
pub static EXPORT_REQUEST: Shape = Shape(&[(traces::RESOURCE_SPANS, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Shape = Shape(&[
    (resource_spans::RESOURCE, &RESOURCE),
    (resource_spans::SCOPE_SPANS, &SCOPE_SPANS),
]);
static SCOPE_SPANS: Shape = Shape(&[(scope_spans::SCOPE, &SCOPE), (scope_spans::SPANS, &SPAN)]);
/// `Resource`
pub static RESOURCE: Shape = Shape(&[(resource::ATTRIBUTES, &KEY_VALUE)]);
/// `InstrumentationScope`
pub static SCOPE: Shape = Shape(&[(scope::ATTRIBUTES, &KEY_VALUE)]);
/// `Span`
pub static SPAN: Shape = Shape(&[
    (span::ATTRIBUTES, &KEY_VALUE),
    (span::EVENTS, &EVENT),
    (span::LINKS, &LINK),
]);
static EVENT: Shape = Shape(&[(event::ATTRIBUTES, &KEY_VALUE)]);
static LINK: Shape = Shape(&[(link::ATTRIBUTES, &KEY_VALUE)]);
static KEY_VALUE: Shape = Shape(&[(key_value::VALUE, &ANY_VALUE)]);
static ANY_VALUE: Shape = Shape(&[(any_value::ARRAY, &ARRAY), (any_value::MAP, &MAP)]);
static ARRAY: Shape = Shape(&[(VALUES, &ANY_VALUE)]);
static MAP: Shape = Shape(&[(VALUES, &KEY_VALUE)]);
