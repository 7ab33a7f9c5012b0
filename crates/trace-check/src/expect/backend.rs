//! What each backend brings into a form of its own, as measured.
//!
//! Receivers of Jaeger's protocols follow the Collector's translator, which says what kind of
//! reference a link was, and renames two attributes of a resource:
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger>

mod victoria;

use std::sync::Arc;

use super::RuleAction::{Change, Lose, Repeat};
use super::{Field, Origin, Rule, RuleAction, rules};
use crate::model::{Code, Kind as SpanKind, Value, attribute};
use crate::protocol::Protocol;
use crate::read::{Api, Kind};

const fn own(
    name: &'static str,
    fields: &'static [Field],
    reason: &'static str,
    action: RuleAction,
) -> Rule {
    Rule {
        name,
        origin: Origin::Backend,
        fields,
        reason,
        action,
    }
}

/// What receivers of Jaeger's protocols do.
static TRANSLATED: [Rule; 2] = [
    own(
        "link-type",
        &[Field::Links],
        "links from Jaeger's protocols say their type of reference in `opentracing.ref_type`",
        Change(rules::link_type),
    ),
    own(
        "host-name",
        &[Field::Resource],
        "`hostname` from Jaeger's protocols is called `host.name`",
        Change(rules::host_name),
    ),
];

/// What otel-backend does in Jaeger's old API.
static OTEL_BACKEND_OLD: [Rule; 2] = [
    own(
        "otel-backend-service",
        &[Field::Resource],
        "otel-backend calls a service without a name `missing-service-name` in Jaeger's old API",
        Change(rules::missing_service),
    ),
    own(
        "otel-backend-event-order",
        &[Field::Events],
        "otel-backend shows events in the order of their times in Jaeger's old API",
        Change(rules::events_by_time),
    ),
];

static TEMPO: [Rule; 2] = [
    own(
        "tempo-cut",
        &[
            Field::Attributes,
            Field::Events,
            Field::Resource,
            Field::Scope,
        ],
        "Tempo cuts text after 2048 bytes (max_attribute_bytes)",
        Change(|span| {
            rules::for_all_values(span, |value| {
                if let Value::String(text) = value {
                    text.truncate(2048);
                }
            });
        }),
    ),
    own(
        "tempo-schema",
        &[Field::Schema],
        "Tempo keeps no schema URLs",
        Change(rules::no_schema_urls),
    ),
];

static TEMPO_JAEGER: [Rule; 2] = [
    own(
        "tempo-jaeger-keys",
        &[Field::Attributes],
        "of tags with one key, Tempo keeps the last",
        Change(rules::keys_once),
    ),
    own(
        "tempo-jaeger-flags",
        &[Field::Flags],
        "Tempo loses Jaeger's flags",
        Change(rules::no_flags),
    ),
];

static TEMPO_THRIFT: [Rule; 3] = [
    own(
        "tempo-thrift-service",
        &[Field::Resource],
        "Tempo takes the name that Thrift has for no resource for a service",
        Change(|span| {
            if span.resource.attributes.is_empty() {
                let name = attribute("service.name", "OTLPResourceNoServiceName");
                Arc::make_mut(&mut span.resource).attributes.push(name);
            }
        }),
    ),
    own(
        "tempo-thrift-scope",
        &[Field::Scope, Field::Attributes],
        "Tempo leaves the scope from Thrift among the attributes",
        Change(rules::scope_as_attributes),
    ),
    own(
        "tempo-thrift-state",
        &[Field::State, Field::Attributes],
        "Tempo leaves the trace state from Thrift among the attributes",
        Change(rules::trace_state_as_attribute),
    ),
];

static TEMPO_ZIPKIN: [Rule; 3] = [
    own(
        "tempo-zipkin-ok",
        &[Field::Status],
        "Tempo takes the status OK from Zipkin for none",
        Change(|span| {
            if span.status.code == Code::Ok {
                span.status.code = Code::Unset;
            }
        }),
    ),
    own(
        "tempo-zipkin-scope",
        &[Field::Scope, Field::Attributes],
        "Tempo leaves the scope from Zipkin among the attributes",
        Change(rules::scope_as_attributes),
    ),
    own(
        "tempo-zipkin-message",
        &[Field::Status, Field::Attributes],
        "Tempo leaves the message of a failed Zipkin span in the attribute `error`",
        Change(|span| {
            if span.status.code == Code::Error {
                let message = std::mem::take(&mut span.status.message);
                span.attributes.push(attribute("error", message));
            }
        }),
    ),
];

static TEMPO_POSSIBLE: [Rule; 3] = [
    own(
        "tempo-block-dropped",
        &[Field::Dropped],
        "Tempo loses what resource and scope dropped once a span is in a block",
        Change(|span| {
            Arc::make_mut(&mut span.resource).dropped = 0;
            Arc::make_mut(&mut span.scope).dropped = 0;
        }),
    ),
    own(
        "tempo-block-flags",
        &[Field::Flags],
        "Tempo loses flags once a span is in a block",
        Change(rules::no_flags),
    ),
    TWICE,
];

static JAEGER_POSSIBLE: [Rule; 7] = [
    own(
        "jaeger-parent-link",
        &[Field::Links],
        "Jaeger writes a link to the parent in the parent's place",
        Change(rules::parent_link_first),
    ),
    own(
        "jaeger-no-flags",
        &[Field::Flags],
        "Jaeger shows no flags of what it received as OTLP",
        Change(rules::no_flags),
    ),
    own(
        "jaeger-event-names",
        &[Field::Events],
        "Jaeger sorts events by name",
        Change(rules::events_by_name),
    ),
    own(
        "jaeger-one-nanosecond",
        &[Field::Times],
        "Jaeger lets a span that does not end after its start end a nanosecond after it",
        Change(|span| {
            if span.end <= span.start {
                span.end = span.start + 1;
            }
        }),
    ),
    own(
        "jaeger-no-name",
        &[Field::Name],
        "Jaeger calls a span without a name `empty-span-name`",
        Change(|span| {
            if span.name.is_empty() {
                "empty-span-name".clone_into(&mut span.name);
            }
        }),
    ),
    own(
        "jaeger-service",
        &[Field::Resource],
        "Jaeger calls a service without a name `missing-service-name`",
        Change(rules::missing_service),
    ),
    TWICE,
];

static VICTORIA: [Rule; 8] = [
    own(
        "victoria-maps",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces makes attributes `a.b` of the entries of a map `a`",
        Change(victoria::flatten),
    ),
    own(
        "victoria-text",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces keeps every value as text",
        Change(victoria::text),
    ),
    own(
        "victoria-empty",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces shows `-` where a value is empty",
        Change(victoria::dash),
    ),
    own(
        "victoria-scope",
        &[Field::Scope, Field::Attributes],
        "VictoriaTraces shows attributes of the scope as attributes `scope_attr:…` of the span",
        Change(victoria::scope),
    ),
    own(
        "victoria-status",
        &[Field::Status, Field::Attributes],
        "VictoriaTraces shows the status as an attribute `error`: true, false or unset",
        Change(victoria::status),
    ),
    own(
        "victoria-kind",
        &[Field::Kind, Field::Attributes],
        "VictoriaTraces shows an empty attribute `span.kind` where there is no kind",
        Change(|span| {
            if span.kind == SpanKind::Unspecified {
                span.attributes.push(attribute("span.kind", ""));
            }
        }),
    ),
    own(
        "victoria-parent-link",
        &[Field::Links],
        "VictoriaTraces writes a link to the parent in the parent's place",
        Change(rules::parent_link_first),
    ),
    own(
        "victoria-flags",
        &[Field::Flags],
        "VictoriaTraces shows no flags",
        Change(rules::no_flags),
    ),
];

static VICTORIA_POSSIBLE: [Rule; 3] = [
    own(
        "victoria-key-order",
        &[Field::Attributes],
        "VictoriaTraces shows attributes with one key in another order",
        Change(victoria::reverse_keys),
    ),
    own(
        "victoria-backwards",
        &[Field::Structure],
        "VictoriaTraces does not show a span that ends before it starts",
        Lose(|span| span.end < span.start),
    ),
    TWICE,
];

const TWICE: Rule = own(
    "delivered-twice",
    &[Field::Structure],
    "a span that was delivered twice is shown twice",
    Repeat,
);

/// What a backend always does.
pub(super) fn certain(backend: Kind, protocol: Protocol, api: Api) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    if protocol.is_jaeger() {
        rules.extend(&TRANSLATED);
    }
    match backend {
        Kind::Tempo => {
            rules.extend(&TEMPO);
            if protocol.is_jaeger() {
                rules.extend(&TEMPO_JAEGER);
                if protocol != Protocol::JaegerGrpc {
                    rules.extend(&TEMPO_THRIFT);
                }
            }
            if protocol == Protocol::Zipkin {
                rules.extend(&TEMPO_ZIPKIN);
            }
        }
        Kind::VictoriaTraces => rules.extend(&VICTORIA),
        Kind::OtelBackend if api == Api::Jaeger => rules.extend(&OTEL_BACKEND_OLD),
        Kind::OtelBackend | Kind::Jaeger | Kind::Unknown => {}
    }
    rules
}

/// What a backend does at times, or in some versions.
pub(super) fn possible(backend: Kind) -> Vec<&'static Rule> {
    match backend {
        Kind::Tempo => TEMPO_POSSIBLE.iter().collect(),
        Kind::Jaeger => JAEGER_POSSIBLE.iter().collect(),
        Kind::VictoriaTraces => VICTORIA_POSSIBLE.iter().collect(),
        Kind::OtelBackend | Kind::Unknown => Vec::new(),
    }
}
