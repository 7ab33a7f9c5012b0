//! What each backend brings into a form of its own, as measured.
//!
//! Receivers of Jaeger's protocols follow the Collector's translator, which says what kind of
//! reference a link was, and renames two attributes of a resource:
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger>

use super::RuleAction::{Change, Lose, Repeat};
use super::{Field, Origin, Rule, RuleAction, protocol, rules};
use crate::model::Value;
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

static TEMPO_THRIFT: [Rule; 2] = [
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

static TEMPO_ZIPKIN: [Rule; 2] = [
    own(
        "tempo-zipkin-scope",
        &[Field::Attributes],
        "Tempo also leaves the scope from Zipkin among the attributes",
        Change(rules::keep_scope_attributes),
    ),
    own(
        "tempo-zipkin-message",
        &[Field::Status, Field::Attributes],
        "Tempo leaves the message of a failed Zipkin span in the attribute `error`",
        Change(|span| {
            if protocol::has_message(span) {
                let message = std::mem::take(&mut span.status.message);
                rules::push_text(span, "error", message);
            }
        }),
    ),
];

static TEMPO_POSSIBLE: [Rule; 2] = [
    own(
        "tempo-block-flags",
        &[Field::Flags],
        "Tempo loses flags once a span is in a block",
        Change(rules::no_flags),
    ),
    TWICE,
];

static JAEGER_POSSIBLE: [Rule; 6] = [
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

static VICTORIA: [Rule; 2] = [
    own(
        "victoria-text",
        &[Field::Attributes, Field::Events, Field::Resource],
        "VictoriaTraces keeps every value as text",
        Change(rules::everything_as_text),
    ),
    own(
        "victoria-no-flags",
        &[Field::Flags],
        "VictoriaTraces shows no flags",
        Change(rules::no_flags),
    ),
];

static VICTORIA_POSSIBLE: [Rule; 2] = [
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
pub(super) fn certain(backend: Kind, protocol: Protocol) -> Vec<&'static Rule> {
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
        Kind::OtelBackend | Kind::Jaeger | Kind::Unknown => {}
    }
    rules
}

/// What a backend does at times, or in some versions.
pub(super) fn possible(backend: Kind, _protocol: Protocol, _api: Api) -> Vec<&'static Rule> {
    match backend {
        Kind::Tempo => TEMPO_POSSIBLE.iter().collect(),
        Kind::Jaeger => JAEGER_POSSIBLE.iter().collect(),
        Kind::VictoriaTraces => VICTORIA_POSSIBLE.iter().collect(),
        Kind::OtelBackend | Kind::Unknown => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Span, Status, attribute};

    #[test]
    fn a_message_is_moved_only_where_there_is_one() {
        let mut span = Span {
            status: Status {
                code: crate::model::Code::Error,
                message: "no".to_owned(),
            },
            ..Span::default()
        };
        let Change(change) = TEMPO_ZIPKIN[1].action else {
            panic!("the rule changes spans");
        };
        change(&mut span);
        assert_eq!(span.attributes, [attribute("error", "no")]);
        change(&mut span);
        assert_eq!(span.attributes.len(), 1);
    }
}
