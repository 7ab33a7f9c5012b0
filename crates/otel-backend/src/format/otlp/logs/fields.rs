//! The field numbers of a `LogRecord`, from logs.proto, and the fields that hold elements.

use crate::format::otlp::fields::{
    ANY_VALUE, KEY_VALUE, RESOURCE, SCOPE, resource_spans, scope_spans, traces,
};
use crate::format::weight::Shape;

pub(super) const TIME: u32 = 1;
pub(super) const SEVERITY: u32 = 2;
pub(super) const SEVERITY_TEXT: u32 = 3;
pub(crate) const BODY: u32 = 5;
pub(crate) const ATTRIBUTES: u32 = 6;
pub(super) const DROPPED_ATTRIBUTES: u32 = 7;
pub(super) const FLAGS: u32 = 8;
pub(super) const TRACE_ID: u32 = 9;
pub(super) const SPAN_ID: u32 = 10;
pub(super) const OBSERVED: u32 = 11;
pub(super) const EVENT_NAME: u32 = 12;

/// The elements of `ExportLogsServiceRequest` and `LogsData`. The messages around records have the
/// same field numbers as those around spans.
pub static EXPORT_LOGS_REQUEST: Shape = Shape(&[(traces::RESOURCE_SPANS, &RESOURCE_LOGS)]);
static RESOURCE_LOGS: Shape = Shape(&[
    (resource_spans::RESOURCE, &RESOURCE),
    (resource_spans::SCOPE_SPANS, &SCOPE_LOGS),
]);
static SCOPE_LOGS: Shape = Shape(&[
    (scope_spans::SCOPE, &SCOPE),
    (scope_spans::SPANS, &LOG_RECORD),
]);
/// The elements of `LogRecord`.
pub static LOG_RECORD: Shape = Shape(&[(BODY, &ANY_VALUE), (ATTRIBUTES, &KEY_VALUE)]);
