//! The traces of the scenarios, grouped by what they make hard.

mod identity;
mod shapes;
mod times;
mod values;

use super::builder::Builder;
use super::{Plan, Scenario, Trace};

impl Plan {
    /// The trace of a scenario for a lane. Each protocol has its own lane, so that their traces are
    /// separate.
    pub fn trace(&self, lane: &str, scenario: Scenario) -> Trace {
        let mut builder = Builder::new(self, lane, scenario);
        build(scenario, &mut builder);
        builder.finish()
    }
}

fn build(scenario: Scenario, builder: &mut Builder) {
    match scenario {
        Scenario::Values => values::values(builder),
        Scenario::Events => values::events(builder),
        Scenario::Origins => values::origins(builder),
        Scenario::Ids => identity::ids(builder),
        Scenario::ShortId => identity::short_id(builder),
        Scenario::Links => identity::links(builder),
        Scenario::State => identity::state(builder),
        Scenario::Status => identity::status(builder),
        Scenario::Dropped => identity::dropped(builder),
        Scenario::Times => times::times(builder),
        Scenario::Skew => times::skew(builder),
        Scenario::Search => times::search(builder),
        Scenario::Deep => shapes::deep(builder),
        Scenario::Wide => shapes::wide(builder),
        Scenario::Forest => shapes::forest(builder),
        Scenario::Late => shapes::late(builder),
        Scenario::Twice => shapes::twice(builder),
        Scenario::Large => shapes::many(builder, shapes::LARGE),
        Scenario::Huge => shapes::many(builder, shapes::HUGE),
    }
}
