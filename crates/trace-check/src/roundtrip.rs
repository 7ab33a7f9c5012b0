//! Sends traces by every protocol, reads them back through every API, and judges them.

pub mod args;
pub mod json;
pub mod junit;
mod kinds;
mod lane;
mod logs;
pub mod report;
mod searches;
mod visible;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::expect::{Origin, Profile, Rule};
use crate::judge::{Defect, Judgement, Owners};
use crate::model::{Plan, Scenario, Trace};
use crate::protocol::Protocol;
use crate::read::{Api, Backend};

pub use lane::{Counts, Lane, LaneState, Step};
pub use logs::LogLane;
pub use searches::{Search, Verdict};
pub use visible::Visible;

/// The settings of a round trip.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub struct Settings {
    /// The name of the backend in reports; by default its kind.
    pub name: Option<String>,
    /// The input that determines the traces.
    pub plan: Plan,
    /// The protocols to use, each with its receiver.
    pub receivers: Vec<(Protocol, String)>,
    /// True if a protocol without a receiver is a failure.
    pub all_required: bool,
    /// The scenarios to send.
    pub scenarios: Vec<Scenario>,
    /// True if nothing is to be sent, because an earlier run did.
    pub check_only: bool,
    /// True if no log records are to be sent.
    pub spans_only: bool,
    /// True if the comparison is to be proven.
    pub prove: bool,
    /// The longest to wait for a trace to become visible.
    pub timeout: Duration,
}

/// The result of a round trip.
#[derive(Debug)]
pub struct Outcome {
    /// The settings.
    pub settings: Settings,
    /// The detected backend.
    pub backend: Backend,
    /// The result for each protocol.
    pub lanes: Vec<Lane>,
    /// The results of the searches; empty if there was nothing to search for.
    pub searches: Vec<Search>,
    /// The results for log records, by form of OTLP; empty if the backend does not store any.
    pub logs: Vec<LogLane>,
}

/// The result for one protocol's traces through one API.
#[derive(Debug, Default)]
pub struct View {
    /// The rules that explained a difference, each once.
    pub rules: Vec<&'static Rule>,
    /// The differences that no rule explains.
    pub defects: Vec<Defect>,
    /// The errors that the backend answered with and that a rule explains.
    pub refusals: Vec<String>,
    /// The backend's own warnings about spans.
    pub notes: Vec<String>,
}

impl View {
    fn add(&mut self, judgement: Judgement) {
        for rule in judgement.rules {
            if !self.rules.iter().any(|other| other.name == rule.name) {
                self.rules.push(rule);
            }
        }
        self.defects.extend(judgement.defects);
        self.notes.extend(judgement.notes);
    }
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Result {
    /// There were only declared losses and normalisations.
    Whole,
    /// In addition there were known defects of the backend.
    KnownFaults,
    /// Something was lost or changed.
    Defects,
    /// Nothing could be checked.
    Nothing,
}

impl Outcome {
    /// The overall verdict.
    pub fn result(&self) -> Result {
        let checked = |lane: &&Lane| matches!(lane.state, LaneState::Checked);
        let missing = |lane: &Lane| matches!(lane.state, LaneState::NotOffered(_));
        if !self.lanes.iter().any(|lane| checked(&lane)) {
            return Result::Nothing;
        }
        let failed = self.lanes.iter().any(|lane| {
            lane.has_defects()
                || matches!(lane.state, LaneState::Failed(_))
                || (self.settings.all_required && missing(lane))
        });
        let survived = self
            .lanes
            .iter()
            .any(|lane| !lane.tally.survivors.is_empty());
        let logs_failed = self.logs.iter().any(|lane| !lane.is_whole());
        if failed
            || survived
            || logs_failed
            || self.searches.iter().any(|s| s.verdict == Verdict::Wrong)
        {
            return Result::Defects;
        }
        let is_fault = |(rule, _): &(&Rule, _)| rule.origin == Origin::Fault;
        let known = |search: &Search| search.verdict == Verdict::Known;
        if self.rules().iter().any(is_fault) || self.searches.iter().any(known) {
            return Result::KnownFaults;
        }
        Result::Whole
    }

    /// The result of each API for each protocol's traces.
    pub fn views(&self) -> impl Iterator<Item = (Protocol, Api, &View)> {
        let of = |lane: &'_ Lane| lane.protocol;
        self.lanes.iter().flat_map(move |lane| {
            lane.views
                .iter()
                .map(move |(api, view)| (of(lane), *api, view))
        })
    }

    /// The rules that explained a difference, each with its protocols and APIs.
    pub fn rules(&self) -> Vec<(&'static Rule, Vec<(Protocol, Api)>)> {
        let mut all: Vec<(&'static Rule, Vec<(Protocol, Api)>)> = Vec::new();
        for (protocol, api, view) in self.views() {
            for rule in &view.rules {
                match all.iter_mut().find(|(other, _)| other.name == rule.name) {
                    Some((_, places)) => places.push((protocol, api)),
                    None => all.push((rule, vec![(protocol, api)])),
                }
            }
        }
        all
    }
}

/// Runs all lanes one after the other, and then the searches.
pub fn run(settings: Settings, backend: Backend) -> Outcome {
    let plans: Vec<(Protocol, Vec<Trace>)> = settings
        .receivers
        .iter()
        .map(|(protocol, _)| (*protocol, traces(&settings, *protocol)))
        .collect();
    let owners = owners(&plans);
    let mut lanes = Vec::new();
    for ((protocol, endpoint), (_, traces)) in settings.receivers.iter().zip(&plans) {
        let profiles: BTreeMap<Api, Profile> = backend
            .apis
            .iter()
            .map(|api| (*api, Profile::new(*protocol, backend.kind, *api)))
            .collect();
        let runner = lane::LaneRunner {
            protocol: *protocol,
            endpoint,
            backend: &backend,
            profiles,
            owners: &owners,
            settings: &settings,
        };
        lanes.push(runner.run(traces));
    }
    let checked = lanes
        .iter()
        .find(|lane| matches!(lane.state, LaneState::Checked));
    let trace = checked.and_then(|lane| {
        let traces = plans.iter().find(|(p, _)| *p == lane.protocol);
        traces?
            .1
            .iter()
            .find(|t| t.name == Scenario::Search.to_string())
    });
    let searches = trace.map(|trace| searches::run(&backend, trace, settings.timeout));
    let logs = logs::run(&settings, &backend);
    Outcome {
        settings,
        backend,
        lanes,
        searches: searches.unwrap_or_default(),
        logs,
    }
}

/// The traces that are sent by a protocol.
fn traces(settings: &Settings, protocol: Protocol) -> Vec<Trace> {
    settings
        .scenarios
        .iter()
        .map(|scenario| settings.plan.trace(protocol.name(), *scenario))
        .collect()
}

fn owners(plans: &[(Protocol, Vec<Trace>)]) -> Owners {
    let mut owners = Owners::new();
    for (protocol, traces) in plans {
        for trace in traces {
            let owner = format!("trace {} ({} by {protocol})", trace.id, trace.name);
            let ids = trace.spans.iter().map(|span| (span.span_id, owner.clone()));
            owners.extend(ids);
        }
    }
    owners
}
