//! Proves that the comparison detects everything: it changes a returned trace in one place at a
//! time, and requires that each change is reported.

mod span;
mod trace;
mod value;

use serde::Serialize;

use crate::expect::{Profile, RuleAction};
use crate::judge::{Judgement, Owners, judge};
use crate::model::{Span, Trace};

/// A trace with one thing changed.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// A description of the change, for example `attributes["speed"]: value`.
    pub name: String,
    /// The changed trace.
    pub spans: Vec<Span>,
}

/// The number of changes, and those that were not detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The number of changes.
    pub mutants: usize,
    /// The descriptions of the changes that were not reported.
    pub survivors: Vec<String>,
}

impl Tally {
    /// Adds the results of another trace.
    pub fn add(&mut self, other: Self) {
        self.mutants += other.mutants;
        self.survivors.extend(other.survivors);
    }

    /// The percentage of changes that were reported, rounded down.
    pub fn kill_rate(&self) -> usize {
        let killed = self.mutants - self.survivors.len();
        (killed * 100).checked_div(self.mutants).unwrap_or(0)
    }
}

/// The largest trace in which every span is changed. In a larger one, three spans are.
pub const SMALL: usize = 64;

/// Makes every possible change to a returned trace, and judges each.
pub fn attack(
    trace: &Trace,
    found: &[Span],
    other: &[Span],
    profile: &Profile,
    owners: &Owners,
) -> Tally {
    let deliveries = trace.deliveries.len();
    let judge = |spans: &[Span]| judge(trace, deliveries, spans, profile, owners);
    let before = judge(found);
    let mut tally = Tally::default();
    let mut attack = |mutant: Mutant| {
        let after = judge(&mutant.spans);
        if is_reported(&after, &before) {
            tally.mutants += 1;
        } else if after.excused == before.excused {
            tally.mutants += 1;
            let name = &trace.name;
            tally.survivors.push(format!("{name}: {}", mutant.name));
        }
        // Otherwise the change undid what the backend had done to a span, and is not a fault.
    };
    for index in targets(found.len()) {
        span::mutants(found, index, profile, &mut attack);
    }
    trace::mutants(trace, found, other, &mut attack);
    tally
}

/// Returns true if a change is reported: as a defect, or as one more span that needs an optional
/// rule.
fn is_reported(after: &Judgement, before: &Judgement) -> bool {
    let then = |name| before.excused.get(name).copied().unwrap_or_default();
    let mut excused = after.excused.iter();
    after.defects.len() > before.defects.len() || excused.any(|(name, count)| *count > then(name))
}

/// Returns true if the record of the sent spans can distinguish the two.
fn differ(a: &Span, b: &Span, profile: &Profile) -> bool {
    let mut a = profile.told(a).into_owned();
    let b = profile.told(b);
    profile.agree(&mut a, &b);
    a != *b
}

fn targets(spans: usize) -> Vec<usize> {
    if spans <= SMALL {
        (0..spans).collect()
    } else {
        vec![0, spans / 2, spans - 1]
    }
}

/// The spans as returned if only the rules that always apply have an effect.
pub fn faithful(trace: &Trace, profile: &Profile) -> Vec<Span> {
    let mut spans = trace.spans.clone();
    for rule in &profile.certain {
        if let RuleAction::Change(change) = rule.action {
            spans.iter_mut().for_each(change);
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Plan, Scenario};
    use crate::protocol::Protocol;
    use crate::read::{Api, Kind};

    const PLAN: Plan = Plan {
        seed: 1,
        at: 1_700_000_000_000_000_000,
    };

    /// The scenarios without the largest, which add nothing new here.
    fn scenarios() -> impl Iterator<Item = Scenario> {
        let large = [
            Scenario::Deep,
            Scenario::Wide,
            Scenario::Large,
            Scenario::Huge,
        ];
        Scenario::all().filter(move |s| !large.contains(s))
    }

    fn owners(lane: &str) -> Owners {
        let traces = scenarios().map(|scenario| PLAN.trace(lane, scenario));
        traces
            .flat_map(|trace| trace.spans)
            .map(|span| (span.span_id, span.trace_id.to_string()))
            .collect()
    }

    fn attack_all(protocol: Protocol, kind: Kind, api: Api) -> Tally {
        let lane = protocol.name();
        let profile = Profile::new(protocol, kind, api);
        let owners = owners(lane);
        let mut tally = Tally::default();
        for scenario in scenarios() {
            let trace = PLAN.trace(lane, scenario);
            let other = if scenario == Scenario::Ids {
                Scenario::Links
            } else {
                Scenario::Ids
            };
            let other = faithful(&PLAN.trace(lane, other), &profile);
            let found = faithful(&trace, &profile);
            let deliveries = trace.deliveries.len();
            let clean = judge(&trace, deliveries, &found, &profile, &owners);
            assert_eq!(clean.defects, [], "{protocol} {api:?} {scenario:?}");
            tally.add(attack(&trace, &found, &other, &profile, &owners));
        }
        tally
    }

    #[test]
    fn every_change_of_every_field_is_reported() {
        // One protocol of each kind; the others have the same rules.
        let kinds = [
            Protocol::ThriftHttp,
            Protocol::JaegerGrpc,
            Protocol::OtlpGrpc,
            Protocol::Zipkin,
        ];
        for protocol in kinds {
            for api in [Api::JaegerV3, Api::Jaeger] {
                let tally = attack_all(protocol, Kind::OtelBackend, api);
                assert!(
                    tally.mutants > 1_000,
                    "{protocol} {api:?}: {}",
                    tally.mutants
                );
                let none: [String; 0] = [];
                assert_eq!(tally.survivors, none, "{protocol} {api:?}");
            }
        }
    }

    #[test]
    fn every_change_is_reported_of_other_backends_too() {
        for (protocol, kind, api) in [
            (Protocol::OtlpGrpc, Kind::Tempo, Api::TempoV2),
            (Protocol::ThriftHttp, Kind::Tempo, Api::TempoV2),
            (Protocol::OtlpHttp, Kind::VictoriaTraces, Api::Jaeger),
            (Protocol::OtlpHttp, Kind::Jaeger, Api::JaegerV3),
            (Protocol::ThriftHttp, Kind::Jaeger, Api::Jaeger),
            (Protocol::OtlpHttp, Kind::JaegerOlderModel, Api::JaegerV3),
            (Protocol::Zipkin, Kind::Jaeger, Api::JaegerV3),
        ] {
            let tally = attack_all(protocol, kind, api);
            let none: [String; 0] = [];
            assert_eq!(tally.survivors, none, "{protocol} {kind:?} {api:?}");
        }
    }

    /// The printed form of these traces, compared with the traces themselves.
    #[test]
    fn every_change_is_reported_of_what_a_program_printed() {
        for (protocol, kind, api) in [
            (Protocol::OtlpGrpc, Kind::OtelBackend, Api::JaegerV3),
            (Protocol::ThriftHttp, Kind::Tempo, Api::TempoV2),
        ] {
            let lane = protocol.name();
            let profile = Profile::new(protocol, kind, api).as_printed();
            let owners = owners(lane);
            for scenario in [
                Scenario::Values,
                Scenario::Events,
                Scenario::Links,
                Scenario::State,
                Scenario::Status,
            ] {
                let trace = PLAN.trace(lane, scenario);
                let found = faithful(&trace, &profile);
                let told = |span: &Span| profile.told(span).into_owned();
                let printed = Trace {
                    spans: trace.spans.iter().map(told).collect(),
                    ..trace
                };
                let deliveries = printed.deliveries.len();
                let clean = judge(&printed, deliveries, &found, &profile, &owners);
                assert_eq!(clean.defects, [], "{protocol} {api:?} {scenario:?}");
                let tally = attack(&printed, &found, &[], &profile, &owners);
                let none: [String; 0] = [];
                assert_eq!(tally.survivors, none, "{protocol} {api:?} {scenario:?}");
                assert!(tally.mutants > 5, "{protocol} {api:?} {scenario:?}");
            }
        }
    }

    #[test]
    fn a_comparison_that_sees_nothing_is_found_out() {
        let tally = Tally {
            mutants: 3,
            survivors: vec!["name".to_owned()],
        };
        assert_eq!(tally.kill_rate(), 66);
        assert_eq!(Tally::default().kill_rate(), 0);
    }
}
