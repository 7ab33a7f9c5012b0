//! `propagator`: without it no context is propagated.

use super::section::{Item, Section};
use crate::propagators::Propagator;

pub(super) fn read(section: Option<Section<'_>>) -> Vec<Propagator> {
    let mut propagators = Vec::new();
    let Some(section) = section else {
        return propagators;
    };
    let mut take = |item: &Item<'_>, name: &str| match Propagator::of_name(name) {
        // The specification asks for duplicates to be removed.
        Some(known) if propagators.contains(&known) => {}
        Some(known) => propagators.push(known),
        None => {
            let accepted = "tracecontext, baggage, b3, b3multi, jaeger";
            item.error(format!(
                "there is no propagator {name}; accepted: {accepted}"
            ));
        }
    };
    for item in section.list("composite") {
        if let Some((name, settings)) = item.component() {
            take(&item, name);
            settings.end();
        }
    }
    if let Some((item, list)) = section.text("composite_list") {
        let names = list.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty() && *name != "none") {
            take(&item, name);
        }
    }
    section.end();
    propagators
}
