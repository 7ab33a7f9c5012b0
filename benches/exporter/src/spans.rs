//! The exported spans: server spans with 12 attributes and one event, in the models of both SDKs.

use std::time::{Duration, SystemTime};

pub(crate) const SERVICE: &str = "bench";
pub(crate) const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
pub(crate) const PARENT: u64 = 0x00f0_67aa_0ba9_02b7;
pub(crate) const NAME: &str = "GET /users/{id}";
pub(crate) const SCOPE: &str = "bench.scope";
pub(crate) const VERSION: &str = "1.2.3";
pub(crate) const EVENT: &str = "response sent";

/// Text attributes as an instrumentation sets them: most of the text is made for the request.
pub(crate) const TEXTS: [(&str, &str); 8] = [
    ("http.request.method", "GET"),
    ("http.route", "/users/{id}"),
    ("url.path", "/users/4711"),
    ("url.scheme", "https"),
    ("server.address", "users.shop.example"),
    ("client.address", "203.0.113.42"),
    (
        "user_agent.original",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
    ),
    ("network.protocol.version", "1.1"),
];
pub(crate) const NUMBERS: [(&str, i64); 2] =
    [("http.response.status_code", 200), ("server.port", 443)];
pub(crate) const FLAG: (&str, bool) = ("http.request.cached", false);
pub(crate) const RATIO: (&str, f64) = ("http.response.compression_ratio", 0.35);

pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789)
}

pub(crate) fn end() -> SystemTime {
    start() + Duration::from_micros(12_345)
}

/// A batch of spans.
pub(crate) fn batch<T>(spans: usize, make: impl Fn(u64) -> T) -> Vec<T> {
    (1..=spans as u64).map(make).collect()
}

/// A span of today's SDK.
pub(crate) mod current {
    use opentelemetry::trace::{
        Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
    };
    use opentelemetry::{InstrumentationScope, KeyValue};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

    use super::{
        EVENT, FLAG, NAME, NUMBERS, PARENT, RATIO, SCOPE, SERVICE, TEXTS, TRACE, VERSION, end,
        start,
    };

    pub(crate) fn resource() -> Resource {
        Resource::builder_empty()
            .with_service_name(SERVICE)
            .with_attribute(KeyValue::new("host.name", "bench-1"))
            .with_attribute(KeyValue::new("service.version", VERSION))
            .build()
    }

    pub(crate) fn span(id: u64) -> SpanData {
        let mut attributes: Vec<_> = TEXTS
            .map(|(key, value)| KeyValue::new(key, value.to_owned()))
            .into();
        attributes.extend(NUMBERS.map(|(key, value)| KeyValue::new(key, value)));
        attributes.push(KeyValue::new(FLAG.0, FLAG.1));
        attributes.push(KeyValue::new(RATIO.0, RATIO.1));
        let mut events = SpanEvents::default();
        events.events.push(Event::new(
            EVENT,
            end(),
            vec![KeyValue::new("bytes", 5120)],
            0,
        ));
        let (trace, span) = (TraceId::from(TRACE), SpanId::from(id));
        SpanData {
            span_context: SpanContext::new(
                trace,
                span,
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: SpanId::from(PARENT),
            parent_span_is_remote: true,
            span_kind: SpanKind::Server,
            name: NAME.into(),
            start_time: start(),
            end_time: end(),
            attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::builder(SCOPE)
                .with_version(VERSION)
                .build(),
        }
    }
}

/// The same span in the SDK of the retired exporter.
pub(crate) mod retired {
    use std::borrow::Cow;

    use opentelemetry_023::KeyValue;
    use opentelemetry_023::trace::{
        Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
    };
    use opentelemetry_sdk_023::export::trace::SpanData;
    use opentelemetry_sdk_023::trace::{SpanEvents, SpanLinks};
    use opentelemetry_sdk_023::{InstrumentationLibrary, Resource};

    use super::{
        EVENT, FLAG, NAME, NUMBERS, PARENT, RATIO, SCOPE, SERVICE, TEXTS, TRACE, VERSION, end,
        start,
    };

    pub(crate) fn resource() -> Resource {
        Resource::new([
            KeyValue::new("service.name", SERVICE),
            KeyValue::new("host.name", "bench-1"),
            KeyValue::new("service.version", VERSION),
        ])
    }

    pub(crate) fn span(id: u64) -> SpanData {
        let mut attributes: Vec<_> = TEXTS
            .map(|(key, value)| KeyValue::new(key, value.to_owned()))
            .into();
        attributes.extend(NUMBERS.map(|(key, value)| KeyValue::new(key, value)));
        attributes.push(KeyValue::new(FLAG.0, FLAG.1));
        attributes.push(KeyValue::new(RATIO.0, RATIO.1));
        let mut events = SpanEvents::default();
        events.events.push(Event::new(
            EVENT,
            end(),
            vec![KeyValue::new("bytes", 5120)],
            0,
        ));
        let trace = TraceId::from_bytes(TRACE.to_be_bytes());
        let span = SpanId::from_bytes(id.to_be_bytes());
        SpanData {
            span_context: SpanContext::new(
                trace,
                span,
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: SpanId::from_bytes(PARENT.to_be_bytes()),
            span_kind: SpanKind::Server,
            name: NAME.into(),
            start_time: start(),
            end_time: end(),
            attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::Unset,
            resource: Cow::Owned(resource()),
            instrumentation_lib: InstrumentationLibrary::builder(SCOPE)
                .with_version(VERSION)
                .build(),
        }
    }
}
