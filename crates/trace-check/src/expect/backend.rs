//! The fields that each backend drops or normalises, as measured.

mod collector;
mod jaeger;
mod older_model;
mod tempo;
mod victoria;

use super::RuleAction::{Change, Repeat};
use super::{Field, Origin, Rule, rules};
use crate::protocol::Protocol;
use crate::read::{Api, Kind};

/// The changes by otel-backend in Jaeger's old API.
static OTEL_BACKEND_OLD: [Rule; 2] = [
    Origin::Backend.rule(
        "otel-backend-service",
        &[Field::Resource],
        "otel-backend calls a service without a name `missing-service-name` in Jaeger's old API",
        Change(rules::missing_service),
    ),
    Origin::Backend.rule(
        "otel-backend-event-order",
        &[Field::Events],
        "otel-backend shows events in the order of their times in Jaeger's old API",
        Change(|span| span.events.sort_by_key(|event| event.time)),
    ),
];

const TWICE: Rule = Origin::Backend.rule(
    "delivered-twice",
    &[Field::Structure],
    "a span that was delivered twice is shown twice",
    Repeat,
);

/// The changes that a backend always makes.
pub(super) fn certain(backend: Kind, protocol: Protocol, api: Api) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    if protocol.is_jaeger() {
        rules.extend(&collector::TRANSLATED);
    }
    if matches!(backend, Kind::Jaeger | Kind::JaegerOlderModel | Kind::Tempo) {
        rules.extend(collector::rules(protocol));
        // In Jaeger's old API and in its older model, scope and trace state are tags anyway.
        if api != Api::Jaeger && backend != Kind::JaegerOlderModel {
            rules.extend(collector::left_as_tags(protocol));
        }
    }
    match backend {
        Kind::Jaeger => rules.extend(jaeger::certain(api)),
        Kind::JaegerOlderModel => {
            rules.extend(jaeger::certain(api));
            rules.extend(older_model::certain(api));
        }
        Kind::Tempo => rules.extend(tempo::certain(protocol)),
        Kind::VictoriaTraces => rules.extend(&victoria::CERTAIN),
        Kind::OtelBackend if api == Api::Jaeger => rules.extend(&OTEL_BACKEND_OLD),
        Kind::OtelBackend | Kind::Unknown => {}
    }
    rules
}

/// The changes that a backend makes sometimes, or in some versions.
pub(super) fn possible(backend: Kind) -> &'static [Rule] {
    match backend {
        Kind::Jaeger | Kind::JaegerOlderModel => &jaeger::POSSIBLE,
        Kind::Tempo => &tempo::POSSIBLE,
        Kind::VictoriaTraces => &victoria::POSSIBLE,
        Kind::OtelBackend | Kind::Unknown => &[],
    }
}
