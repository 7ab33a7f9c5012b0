//! What may come back of what was sent: a table written by hand, which no encoder or decoder knows.
//!
//! Three things stand between a span that is sent and the span that is read: the protocol, which has
//! no place for some of it; the backend, which brings some of it into its own form; and the API, which
//! cannot show all of it. Each is a list of [`Rule`]s. What none of them explains is a defect. Where
//! the span was not made here but printed by a program, a fourth list says what was not printed.

mod api;
mod backend;
mod console;
mod protocol;
mod rule;
mod rules;

pub use rule::{Field, Origin, Rule, RuleAction};

use std::borrow::Cow;

use crate::model::{Span, Trace};
use crate::protocol::Protocol;
use crate::read::{Api, Kind};

/// The rules between a sender and a reader, in the order in which they work.
#[derive(Debug, Clone)]
pub struct Profile {
    /// These always hold: what comes back unchanged is a defect too.
    pub certain: Vec<&'static Rule>,
    /// These may hold: they count where they explain a difference.
    pub possible: Vec<&'static Rule>,
    /// These say what the record of what was sent does not tell. They hold for both sides.
    pub untold: Vec<&'static Rule>,
}

impl Profile {
    /// What holds for a protocol into a backend, read by an API.
    pub fn new(protocol: Protocol, backend: Kind, api: Api) -> Self {
        let mut certain = protocol::rules(protocol);
        certain.extend(backend::certain(backend, protocol, api));
        certain.extend(api::rules(api));
        Self {
            certain,
            possible: backend::possible(backend),
            untold: Vec::new(),
        }
    }

    /// The rule by which an API answers with an error in place of this trace, if there is one.
    pub fn refuses(&self, trace: &Trace) -> Option<&'static Rule> {
        let refuses = |rule: &&&Rule| match rule.action {
            RuleAction::Refuse(refuses) => trace.spans.iter().any(refuses),
            _ => false,
        };
        self.certain.iter().find(refuses).copied()
    }

    /// The same for spans that are known only as far as a program printed them.
    #[must_use]
    pub fn as_printed(self) -> Self {
        Self {
            untold: console::CONSOLE.iter().collect(),
            ..self
        }
    }

    /// The span without what the record does not tell.
    pub fn told<'a>(&self, span: &'a Span) -> Cow<'a, Span> {
        let mut told = Cow::Borrowed(span);
        for rule in &self.untold {
            if let RuleAction::Change(change) = rule.action {
                change(told.to_mut());
            }
        }
        told
    }

    /// Takes into `expected` what agrees with `found` within the record's roundings.
    pub fn agree(&self, expected: &mut Span, found: &Span) {
        for rule in &self.untold {
            if let RuleAction::Agree(agree) = rule.action {
                agree(expected, found);
            }
        }
    }
}

/// Every rule there is, for the documentation of what may be lost.
pub fn all() -> Vec<&'static Rule> {
    let mut all: Vec<&'static Rule> = Vec::new();
    let kinds = [
        Kind::OtelBackend,
        Kind::Jaeger,
        Kind::JaegerOlderModel,
        Kind::Tempo,
        Kind::VictoriaTraces,
        Kind::Unknown,
    ];
    let apis = [Api::Jaeger, Api::JaegerV3, Api::TempoV1, Api::TempoV2];
    for protocol in Protocol::ALL {
        for kind in kinds {
            for api in apis {
                let profile = Profile::new(protocol, kind, api);
                for rule in profile.certain.into_iter().chain(profile.possible) {
                    if !all.iter().any(|other| other.name == rule.name) {
                        all.push(rule);
                    }
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_name_means_one_rule() {
        let mut reasons = HashMap::new();
        for rule in all() {
            let other = reasons.insert(rule.name, rule.reason);
            assert!(other.is_none(), "{}", rule.name);
            assert!(!rule.fields.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn otlp_loses_nothing_and_nothing_is_forgiven_a_stranger() {
        for protocol in [Protocol::OtlpGrpc, Protocol::OtlpHttp, Protocol::OtlpJson] {
            for kind in [Kind::OtelBackend, Kind::Unknown] {
                let profile = Profile::new(protocol, kind, Api::JaegerV3);
                assert!(profile.certain.is_empty() && profile.possible.is_empty());
            }
        }
    }
}
