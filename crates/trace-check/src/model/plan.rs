//! Makes traces from a seed: a pure function, so that a later run can check again without stored
//! data.

use super::{Random, Span, TraceId};

/// The input that determines all traces of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// A seed.
    pub seed: u64,
    /// The time at which the first spans start, in nanoseconds since the Unix epoch.
    pub at: u64,
}

/// A trace to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The name of the scenario, or of the program that printed the trace.
    pub name: String,
    /// The trace id.
    pub id: TraceId,
    /// The distinct spans of the trace.
    pub spans: Vec<Span>,
    /// The order in which the spans are sent, as indices of `spans`. Each delivery is sent after
    /// the one before has been acknowledged and seen in the backend.
    pub deliveries: Vec<Vec<usize>>,
}

impl Plan {
    /// The service of the spans in this lane, which is unique to the run.
    pub fn service(&self, lane: &str) -> String {
        let run = Random::of(&[self.seed, self.at]).number() >> 32;
        format!("check-{lane}-{run:08x}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::Scenario;

    const PLAN: Plan = Plan {
        seed: 7,
        at: 1_700_000_000_000_000_000,
    };

    #[test]
    fn a_trace_is_a_function_of_seed_time_lane_and_scenario() {
        for scenario in Scenario::all() {
            assert_eq!(PLAN.trace("a", scenario), PLAN.trace("a", scenario));
        }
        let id = |plan: Plan, lane| plan.trace(lane, Scenario::Wide).id;
        let all = [
            id(PLAN, "a"),
            id(PLAN, "b"),
            id(Plan { seed: 8, ..PLAN }, "a"),
            id(Plan { at: 1, ..PLAN }, "a"),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn every_span_has_an_id_of_its_own_and_is_delivered() {
        let mut ids = HashSet::new();
        for scenario in Scenario::all() {
            let trace = PLAN.trace("a", scenario);
            for span in &trace.spans {
                assert!(ids.insert(span.span_id), "{scenario:?}");
                assert_eq!(span.trace_id, trace.id, "{scenario:?}");
            }
            let delivered: HashSet<_> = trace.deliveries.iter().flatten().collect();
            assert_eq!(delivered.len(), trace.spans.len(), "{scenario:?}");
        }
    }

    #[test]
    fn the_sizes_are_as_promised() {
        let len = |scenario| PLAN.trace("a", scenario).spans.len();
        assert_eq!(len(Scenario::Large), 10_008);
        assert_eq!(len(Scenario::Huge), 50_000);
    }
}
