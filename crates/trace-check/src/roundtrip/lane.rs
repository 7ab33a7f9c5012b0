//! A lane: sends, awaits and judges the traces of one protocol.

use std::collections::{BTreeMap, HashSet};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Settings, View, Visible};
use crate::expect::Profile;
use crate::judge::{Judgement, Owners, judge};
use crate::model::{Span, SpanId, Trace};
use crate::protocol::Protocol;
use crate::prove::{SMALL, Tally, attack};
use crate::read::{Api, Backend, Find, ReadError};
use crate::send::{Security, SendError, Sender};
use crate::wait::PAUSE;

/// The result for one protocol.
#[derive(Debug)]
pub struct Lane {
    /// The protocol.
    pub protocol: Protocol,
    /// The receiver's address.
    pub endpoint: String,
    /// The progress of the lane.
    pub state: LaneState,
    /// The number of traces.
    pub traces: usize,
    /// The number of spans at each step.
    pub counts: Counts,
    /// The time until the traces were visible.
    pub visible: Option<Visible>,
    /// The result of each API.
    pub views: BTreeMap<Api, View>,
    /// True if the time ran out before everything was visible.
    pub late: bool,
    /// The result of the proof, if it was asked for.
    pub tally: Tally,
}

/// The progress of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneState {
    /// All traces were looked for.
    Checked,
    /// There is no receiver, for this reason.
    NotOffered(String),
    /// The receiver did not accept all spans, for this reason. The accepted ones were looked for.
    Failed(String),
}

/// The number of spans at each step. A span that is sent twice counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// The spans made.
    pub created: usize,
    /// The spans written to the receiver; `None` if an earlier run did that.
    pub exported: Option<usize>,
    /// The spans accepted by the receiver; `None` if it does not report that.
    pub acknowledged: Option<usize>,
    /// The spans in the backend by its own count; `None` if it does not report that.
    pub stored: Option<usize>,
    /// The spans returned by the API that loses least.
    pub returned: usize,
}

/// A step on the path of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// From created to exported.
    Exported,
    /// From exported to acknowledged.
    Acknowledged,
    /// From acknowledged to stored.
    Stored,
    /// From stored to returned.
    Returned,
}

impl Counts {
    /// The first step at which the number changes.
    pub fn broken(&self) -> Option<Step> {
        let steps = [
            (Step::Exported, self.exported),
            (Step::Acknowledged, self.acknowledged),
            (Step::Stored, self.stored),
            (Step::Returned, Some(self.returned)),
        ];
        let known = steps
            .into_iter()
            .filter_map(|(step, count)| Some((step, count?)));
        let mut broken = known.filter(|(_, count)| *count != self.created);
        broken.next().map(|(step, _)| step)
    }
}

impl Lane {
    /// Returns true if an API shows a difference that no rule explains.
    pub fn has_defects(&self) -> bool {
        self.views.values().any(|view| !view.defects.is_empty())
    }
}

/// Runs one lane.
pub(super) struct LaneRunner<'a> {
    pub(super) protocol: Protocol,
    pub(super) endpoint: &'a str,
    pub(super) backend: &'a Backend,
    pub(super) profiles: BTreeMap<Api, Profile>,
    pub(super) owners: &'a Owners,
    pub(super) settings: &'a Settings,
}

/// A larger trace is sent only after the ones before it are visible.
const LARGE: usize = 1_000;

/// A trace that has been sent partly or completely.
struct TraceInFlight<'a> {
    trace: &'a Trace,
    /// The number of deliveries sent.
    sent: usize,
    /// The time of the last acknowledgement.
    acknowledged: Instant,
}

impl<'a> TraceInFlight<'a> {
    fn is_sent(&self) -> bool {
        self.sent == self.trace.deliveries.len()
    }

    /// The spans that should be visible by now.
    fn due(&self) -> HashSet<SpanId> {
        let indices = self.trace.deliveries.iter().take(self.sent).flatten();
        let spans = indices.filter_map(|index| self.trace.spans.get(*index));
        spans.map(|span| span.span_id).collect()
    }

    fn delivery(&self) -> Vec<&'a Span> {
        let delivery = self.trace.deliveries.get(self.sent);
        let indices = delivery.into_iter().flatten();
        indices.filter_map(|i| self.trace.spans.get(*i)).collect()
    }
}

impl LaneRunner<'_> {
    pub(super) fn run(&self, traces: &[Trace]) -> Lane {
        let mut lane = Lane {
            protocol: self.protocol,
            endpoint: self.endpoint.to_owned(),
            state: LaneState::Checked,
            traces: traces.len(),
            counts: Counts {
                created: traces.iter().map(|trace| trace.spans.len()).sum(),
                ..Counts::default()
            },
            visible: None,
            views: BTreeMap::new(),
            late: false,
            tally: Tally::default(),
        };
        let mut in_flight: Vec<_> = traces
            .iter()
            .map(|trace| TraceInFlight {
                trace,
                sent: 0,
                acknowledged: Instant::now(),
            })
            .collect();
        let mut times = Vec::new();
        if self.settings.check_only {
            for flight in &mut in_flight {
                flight.sent = flight.trace.deliveries.len();
            }
        } else {
            self.send_all(&mut in_flight, &mut times, &mut lane);
            if matches!(lane.state, LaneState::NotOffered(_)) {
                return lane;
            }
        }
        self.look(&in_flight, &mut lane);
        lane.visible = Visible::of(times);
        lane.counts.stored = self.stored(traces);
        lane
    }

    /// Sends all deliveries, each after the one before is visible.
    fn send_all(
        &self,
        in_flight: &mut [TraceInFlight<'_>],
        times: &mut Vec<Duration>,
        lane: &mut Lane,
    ) {
        let sender = Sender::connect(self.protocol, self.endpoint, &Security::default());
        let mut sender = match sender {
            Ok(sender) => sender,
            Err(error) => {
                lane.state = LaneState::NotOffered(error.to_string());
                return;
            }
        };
        lane.counts.exported = Some(0);
        lane.counts.acknowledged = (!self.protocol.is_udp()).then_some(0);
        loop {
            let mut pending = Vec::new();
            for index in 0..in_flight.len() {
                // The time for sending a large trace must not count for those before it.
                let is_large = |flight: &TraceInFlight<'_>| flight.trace.spans.len() > LARGE;
                if in_flight.get(index).is_some_and(is_large) {
                    let before = std::mem::take(&mut pending);
                    lane.late |= !self.await_all(in_flight, before, times);
                }
                let Some(flight) = in_flight.get_mut(index).filter(|flight| !flight.is_sent())
                else {
                    continue;
                };
                match send(&mut sender, flight, &mut lane.counts) {
                    // Most traces are visible at once; the time until then is measured.
                    Ok(()) if self.is_visible(flight) => times.push(flight.acknowledged.elapsed()),
                    Ok(()) => pending.push(index),
                    Err(error @ SendError::Unreachable { .. })
                        if lane.counts.exported == Some(0) =>
                    {
                        lane.state = LaneState::NotOffered(error.to_string());
                        return;
                    }
                    Err(error) => {
                        lane.state = LaneState::Failed(error.to_string());
                        return;
                    }
                }
            }
            if pending.is_empty() && in_flight.iter().all(TraceInFlight::is_sent) {
                return;
            }
            lane.late |= !self.await_all(in_flight, pending, times);
        }
    }

    /// Reads each trace until it is visible or the time runs out; returns true if all are visible.
    fn await_all(
        &self,
        in_flight: &[TraceInFlight<'_>],
        mut pending: Vec<usize>,
        times: &mut Vec<Duration>,
    ) -> bool {
        let deadline = Instant::now() + self.settings.timeout;
        while !pending.is_empty() && Instant::now() < deadline {
            pending.retain(|index| {
                let Some(flight) = in_flight.get(*index) else {
                    return false;
                };
                let there = self.is_visible(flight);
                if there {
                    times.push(flight.acknowledged.elapsed());
                }
                !there
            });
            if !pending.is_empty() {
                thread::sleep(PAUSE);
            }
        }
        pending.is_empty()
    }

    /// Returns true if all sent spans are visible, but for those that this backend never shows.
    fn is_visible(&self, flight: &TraceInFlight<'_>) -> bool {
        let found = self.backend.trace(self.backend.best(), flight.trace.id);
        let spans = found.into_iter().flatten();
        let came: HashSet<SpanId> = spans.map(|span| span.span_id).collect();
        let lost = self.lost(flight.trace);
        let due = flight.due();
        due.iter().all(|id| came.contains(id) || lost.contains(id))
    }

    /// The spans that this backend is known not to show.
    fn lost(&self, trace: &Trace) -> HashSet<SpanId> {
        let profile = self.profiles.get(&self.backend.best());
        let rules = profile.into_iter().flat_map(|profile| &profile.possible);
        let loses: Vec<_> = rules
            .filter_map(|rule| match rule.action {
                crate::expect::RuleAction::Lose(loses) => Some(loses),
                _ => None,
            })
            .collect();
        let lost = trace.spans.iter().filter(|s| loses.iter().any(|l| l(s)));
        lost.map(|span| span.span_id).collect()
    }

    /// Judges every trace through every API.
    fn look(&self, in_flight: &[TraceInFlight<'_>], lane: &mut Lane) {
        // If spans were late while sending, they get no more time.
        let patience = if lane.late {
            Instant::now()
        } else {
            Instant::now() + self.settings.timeout
        };
        for (api, profile) in &self.profiles {
            let view = lane.views.entry(*api).or_default();
            let mut returned = 0;
            for flight in in_flight.iter().filter(|flight| flight.sent > 0) {
                let (judgement, refusal) = self.judge(*api, profile, flight, patience);
                returned += judgement.returned;
                view.add(judgement);
                view.refusals.extend(refusal);
            }
            if *api == self.backend.best() {
                lane.counts.returned = returned;
            }
            if self.settings.prove {
                self.prove(*api, profile, in_flight, &mut lane.tally);
            }
        }
    }

    /// Judges a trace. If spans are missing, reads it again until the time runs out. Also returns
    /// the backend's error, if a rule explains it.
    fn judge(
        &self,
        api: Api,
        profile: &Profile,
        flight: &TraceInFlight<'_>,
        patience: Instant,
    ) -> (Judgement, Option<String>) {
        loop {
            let answer = self.backend.trace(api, flight.trace.id);
            if let Err(error @ ReadError::Refused { .. }) = &answer
                && let Some(rule) = profile.refuses(flight.trace)
            {
                let mut judgement = Judgement::default();
                judgement.explain(rule);
                return (judgement, Some(error.to_string()));
            }
            let error = answer.as_ref().err().map(ToString::to_string);
            let found = answer.unwrap_or_default();
            let mut judgement = judge(flight.trace, flight.sent, &found, profile, self.owners);
            let lacking = error.is_some() || judgement.lacks_spans();
            if !lacking || Instant::now() >= patience {
                if let (Some(error), Some(defect)) = (error, judgement.defects.first_mut()) {
                    defect.difference.found = error;
                }
                return (judgement, None);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Makes changes to each small trace that was returned whole; larger ones hold nothing new.
    fn prove(
        &self,
        api: Api,
        profile: &Profile,
        in_flight: &[TraceInFlight<'_>],
        tally: &mut Tally,
    ) {
        let small = |t: &&TraceInFlight<'_>| t.is_sent() && t.trace.spans.len() <= SMALL;
        let mut before: Vec<Span> = Vec::new();
        for flight in in_flight.iter().filter(small) {
            let found = self.backend.trace(api, flight.trace.id).unwrap_or_default();
            let judgement = judge(flight.trace, flight.sent, &found, profile, self.owners);
            if judgement.defects.is_empty() {
                tally.add(attack(flight.trace, &found, &before, profile, self.owners));
            }
            before = found;
        }
    }

    /// The number of spans that the backend reports for these traces.
    fn stored(&self, traces: &[Trace]) -> Option<usize> {
        let find = Find {
            service: self.settings.plan.service(self.protocol.name()),
            // The day-long span begins a day earlier, and skewed spans differ by some seconds.
            window: (
                self.settings.plan.at.saturating_sub(2 * 86_400_000_000_000),
                self.settings.plan.at.saturating_add(3_600_000_000_000),
            ),
            limit: 100,
            ..Find::default()
        };
        if self.backend.best() != Api::JaegerV3 {
            return None;
        }
        let found = self.backend.find(&find).ok()?;
        let counts = traces.iter().map(|trace| {
            let found = found.iter().find(|found| found.id == trace.id);
            found.map_or(Some(0), |found| found.spans)
        });
        counts.sum()
    }
}

/// Sends the next delivery of a trace.
fn send(
    sender: &mut Sender,
    flight: &mut TraceInFlight<'_>,
    counts: &mut Counts,
) -> Result<(), SendError> {
    let before = flight.due();
    let delivery = flight.delivery();
    let repeated = delivery
        .iter()
        .filter(|s| before.contains(&s.span_id))
        .count();
    let sent = sender.send(&delivery)?;
    flight.sent += 1;
    flight.acknowledged = Instant::now();
    counts.exported = counts
        .exported
        .map(|sum| sum + sent.exported.saturating_sub(repeated));
    counts.acknowledged = counts.acknowledged.and_then(|sum| {
        let count = sent.acknowledged?.saturating_sub(repeated);
        Some(sum + count)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_that_breaks_is_named() {
        let whole = Counts {
            created: 3,
            exported: Some(3),
            acknowledged: Some(3),
            stored: None,
            returned: 3,
        };
        assert_eq!(whole.broken(), None);
        let cases = [
            (
                Counts {
                    exported: Some(2),
                    ..whole
                },
                Step::Exported,
            ),
            (
                Counts {
                    acknowledged: Some(2),
                    returned: 2,
                    ..whole
                },
                Step::Acknowledged,
            ),
            (
                Counts {
                    stored: Some(2),
                    returned: 2,
                    ..whole
                },
                Step::Stored,
            ),
            (
                Counts {
                    acknowledged: None,
                    returned: 2,
                    ..whole
                },
                Step::Returned,
            ),
        ];
        for (counts, step) in cases {
            assert_eq!(counts.broken(), Some(step));
        }
    }
}
