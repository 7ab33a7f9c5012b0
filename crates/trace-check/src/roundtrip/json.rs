//! The result of a round trip, for programs.

use serde::Serialize;

use super::{Counts, LaneState, LogLane, Outcome, Result, Search, Step, Visible};
use crate::expect::{Origin, Rule};
use crate::judge::Defect;

#[derive(Serialize)]
struct Report<'a> {
    result: Result,
    name: &'a str,
    backend: String,
    url: &'a str,
    best_api: &'static str,
    seed: u64,
    at: String,
    protocols: Vec<Protocol<'a>>,
    rules: Vec<&'static Rule>,
    searches: &'a [Search],
    logs: &'a [LogLane],
}

#[derive(Serialize)]
struct Protocol<'a> {
    #[serde(rename = "protocol")]
    name: &'static str,
    endpoint: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    traces: usize,
    counts: Counts,
    breaks_at: Option<Step>,
    visible: Option<Visible>,
    apis: Vec<Api<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutations: Option<Mutations<'a>>,
}

#[derive(Serialize)]
struct Mutations<'a> {
    made: usize,
    reported: usize,
    kill_rate: usize,
    survivors: &'a [String],
}

#[derive(Serialize)]
struct Api<'a> {
    #[serde(rename = "api")]
    name: &'static str,
    declared: Vec<&'static str>,
    normalised: Vec<&'static str>,
    faults: Vec<&'static str>,
    defects: &'a [Defect],
    refusals: &'a [String],
    notes: &'a [String],
}

/// Writes a JSON object.
///
/// # Errors
/// In practice it does not fail, since all parts can be written as JSON.
pub fn text(outcome: &Outcome) -> serde_json::Result<String> {
    let at = jiff::Timestamp::from_nanosecond(outcome.settings.plan.at.into());
    let backend = outcome.backend.kind.to_string();
    let report = Report {
        result: outcome.result(),
        name: outcome.settings.name.as_deref().unwrap_or(&backend),
        backend: backend.clone(),
        url: &outcome.backend.url,
        best_api: outcome.backend.best().name(),
        seed: outcome.settings.plan.seed,
        at: at.map(|at| at.to_string()).unwrap_or_default(),
        protocols: outcome.lanes.iter().map(protocol).collect(),
        rules: outcome.rules().into_iter().map(|(rule, _)| rule).collect(),
        searches: &outcome.searches,
        logs: &outcome.logs,
    };
    serde_json::to_string_pretty(&report)
}

fn protocol(lane: &super::Lane) -> Protocol<'_> {
    let (state, reason) = match &lane.state {
        LaneState::Checked => ("checked", None),
        LaneState::NotOffered(reason) => ("not-offered", Some(reason.as_str())),
        LaneState::Failed(reason) => ("failed", Some(reason.as_str())),
    };
    let not_offered = matches!(lane.state, LaneState::NotOffered(_));
    let apis = lane.views.iter().map(|(api, view)| {
        let names = |wanted: fn(Origin) -> bool| {
            let rules = view.rules.iter().filter(|rule| wanted(rule.origin));
            rules.map(|rule| rule.name).collect()
        };
        Api {
            name: api.name(),
            declared: names(Origin::is_loss),
            normalised: names(|origin| origin == Origin::Backend),
            faults: names(|origin| origin == Origin::Fault),
            defects: &view.defects,
            refusals: &view.refusals,
            notes: &view.notes,
        }
    });
    Protocol {
        name: lane.protocol.name(),
        endpoint: &lane.endpoint,
        state,
        reason,
        traces: lane.traces,
        counts: lane.counts,
        breaks_at: if not_offered {
            None
        } else {
            lane.counts.broken()
        },
        visible: lane.visible,
        apis: apis.collect(),
        mutations: (lane.tally.mutants > 0).then(|| Mutations {
            made: lane.tally.mutants,
            reported: lane.tally.mutants - lane.tally.survivors.len(),
            kill_rate: lane.tally.kill_rate(),
            survivors: &lane.tally.survivors,
        }),
    }
}
