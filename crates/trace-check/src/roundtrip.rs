//! Sends traces by every protocol, reads them back by every API, and judges what came back.

pub mod args;
pub mod json;
pub mod junit;
mod kinds;
mod lane;
pub mod report;
mod searches;
mod visible;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::expect::{Origin, Profile, Rule};
use crate::judge::{Defect, Judgement, Owners};
use crate::logs::{self, LogLane};
use crate::model::{Plan, Scenario, Trace};
use crate::protocol::Protocol;
use crate::read::{Api, Backend};

pub use lane::{Counts, Lane, LaneState, Step};
pub use searches::{Search, Verdict};
pub use visible::Visible;

/// What to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What reports call the backend; its kind if there is none.
    pub name: Option<String>,
    /// What the traces are a function of.
    pub plan: Plan,
    /// By which protocols, and where each is received.
    pub receivers: Vec<(Protocol, String)>,
    /// Whether a protocol that nobody receives is a failure.
    pub all_required: bool,
    /// Which traces.
    pub scenarios: Vec<Scenario>,
    /// Whether to send nothing: an earlier run did.
    pub check_only: bool,
    /// Whether to prove that the comparison sees every change.
    pub prove: bool,
    /// How long a trace may take until it is visible.
    pub timeout: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What was asked.
    pub settings: Settings,
    /// The backend that was found.
    pub backend: Backend,
    /// What came of each protocol.
    pub lanes: Vec<Lane>,
    /// What came of the searches; none if there was nothing to search for.
    pub searches: Vec<Search>,
    /// What came of log records, by each protocol of OTLP; none where the backend keeps none.
    pub logs: Vec<LogLane>,
}

/// What one API showed of one protocol's traces.
#[derive(Debug, Default)]
pub struct View {
    /// The rules that changed something, each once.
    pub rules: Vec<&'static Rule>,
    /// What no rule explains.
    pub defects: Vec<Defect>,
    /// The errors that the backend answered with, where a rule knows it to.
    pub refusals: Vec<String>,
    /// The backend's own remarks on spans.
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
    /// Nothing was lost but what had to be.
    Whole,
    /// The same, save defects that the backend is known to have.
    KnownFaults,
    /// Something was lost or changed.
    Defects,
    /// Nothing could be checked.
    Nothing,
}

impl Outcome {
    /// The verdict on all of it.
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

    /// What each API showed of each protocol's traces.
    pub fn views(&self) -> impl Iterator<Item = (Protocol, Api, &View)> {
        let of = |lane: &'_ Lane| lane.protocol;
        self.lanes.iter().flat_map(move |lane| {
            lane.views
                .iter()
                .map(move |(api, view)| (of(lane), *api, view))
        })
    }

    /// The rules that changed something, with the protocols and APIs where they did.
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

/// Runs all lanes, one after the other, and then the searches.
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
        traces?.1.iter().find(|t| t.name == Scenario::Search.name())
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

/// The traces that go by a protocol.
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
