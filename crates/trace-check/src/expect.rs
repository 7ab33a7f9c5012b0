//! The rules about what may be lost or changed on the way: a table written by hand, independent of
//! all encoders and decoders.
//!
//! Three things can change a span between sending and reading: the protocol, which cannot carry
//! everything; the backend, which normalises some fields; and the API, which cannot show
//! everything. Each has a list of [`Rule`]s. A difference that no rule explains is a defect. For
//! spans printed by a program, a fourth list names what is not printed.

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

/// The rules between a sender and a reader, in the order of their effect.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Rules that always apply; a field that returns unchanged is then a defect too.
    pub certain: Vec<&'static Rule>,
    /// Rules that may apply; they count if they explain a difference.
    pub possible: Vec<&'static Rule>,
    /// Rules for what the printed record omits. They apply to both sides.
    pub untold: Vec<&'static Rule>,
}

impl Profile {
    /// The rules for a protocol, a backend and an API.
    pub fn new(protocol: Protocol, backend: Kind, api: Api) -> Self {
        let mut certain = protocol::rules(protocol);
        certain.extend(backend::certain(backend, protocol, api));
        certain.extend(api::rules(api));
        Self {
            certain,
            possible: backend::possible(backend).iter().collect(),
            untold: Vec::new(),
        }
    }

    /// The rule by which the API answers with an error instead of this trace, if there is one.
    pub fn refuses(&self, trace: &Trace) -> Option<&'static Rule> {
        let refuses = |rule: &&&Rule| match rule.action {
            RuleAction::Refuse(refuses) => trace.spans.iter().any(refuses),
            _ => false,
        };
        self.certain.iter().find(refuses).copied()
    }

    /// The same rules, for spans known only from a program's output.
    #[must_use]
    pub fn as_printed(self) -> Self {
        Self {
            untold: console::CONSOLE.iter().collect(),
            ..self
        }
    }

    /// The span without the fields that the record omits.
    pub fn told<'a>(&self, span: &'a Span) -> Cow<'a, Span> {
        let mut told = Cow::Borrowed(span);
        for rule in &self.untold {
            if let RuleAction::Change(change) = rule.action {
                change(told.to_mut());
            }
        }
        told
    }

    /// Adopts into `expected` the values of `found` that agree within rounding.
    pub fn agree(&self, expected: &mut Span, found: &Span) {
        for rule in &self.untold {
            if let RuleAction::Agree(agree) = rule.action {
                agree(expected, found);
            }
        }
    }
}

/// All rules, for the documentation of possible losses.
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
