//! `propagator`: without it no context is propagated.

use super::section::Section;
use crate::propagators::{Propagator, push};

pub(super) fn read(section: Option<Section<'_>>) -> Vec<Propagator> {
    let mut propagators = Vec::new();
    let Some(section) = section else {
        return propagators;
    };
    for item in section.list("composite") {
        let Some((name, settings)) = item.component() else {
            continue;
        };
        match Propagator::of_name(name) {
            Some(propagator) => push(&mut propagators, propagator),
            None => item.error(unknown(name)),
        }
        settings.end();
    }
    if let Some((item, list)) = section.text("composite_list") {
        let names = list.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty() && *name != "none") {
            match Propagator::of_name(name) {
                Some(propagator) => push(&mut propagators, propagator),
                None => item.error(unknown(name)),
            }
        }
    }
    section.end();
    propagators
}

fn unknown(name: &str) -> String {
    let accepted = "tracecontext, baggage, b3, b3multi, jaeger";
    format!("there is no propagator {name}; accepted: {accepted}")
}
