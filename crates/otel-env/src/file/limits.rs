//! Limits. Those of a provider override `attribute_limits`.

use super::section::Section;
use crate::limits::{DEFAULT_COUNT, Limits};

/// The settings of `attribute_limits`, which apply to all signals.
#[derive(Debug, Default)]
pub(super) struct General {
    value_length: Option<usize>,
    count: Option<u32>,
}

pub(super) fn general(root: &Section<'_>) -> General {
    let Some(section) = root.section("attribute_limits") else {
        return General::default();
    };
    let general = attributes(&section);
    section.end();
    general
}

pub(super) fn of_spans(section: Option<Section<'_>>, general: &General) -> Limits {
    let own = section.as_ref().map(attributes).unwrap_or_default();
    let count = |key| {
        let given = section.as_ref().and_then(|section| count(section, key));
        given.unwrap_or(DEFAULT_COUNT)
    };
    let limits = Limits {
        max_attributes_per_span: own.count.or(general.count).unwrap_or(DEFAULT_COUNT),
        max_events_per_span: count("event_count_limit"),
        max_links_per_span: count("link_count_limit"),
        max_attributes_per_event: count("event_attribute_count_limit"),
        max_attributes_per_link: count("link_attribute_count_limit"),
        value_length: own.value_length.or(general.value_length),
    };
    if let Some(section) = section {
        section.end();
    }
    limits
}

/// The SDK has no limits for log records; the schema's defaults would change nothing that is
/// produced here.
pub(super) fn of_logs(section: Option<Section<'_>>) {
    let Some(section) = section else { return };
    let given = attributes(&section);
    if given.value_length.is_some() || given.count.is_some_and(|count| count != DEFAULT_COUNT) {
        section.note("log records have no limits here; it is passed over");
    }
    section.end();
}

/// Attributes here have at most a list inside them, which a depth of two allows.
fn attributes(section: &Section<'_>) -> General {
    section.integer("attribute_value_depth_limit", 1, u64::MAX);
    let length = section.integer("attribute_value_length_limit", 0, u64::MAX);
    General {
        value_length: length.map(|length| usize::try_from(length).unwrap_or(usize::MAX)),
        count: count(section, "attribute_count_limit"),
    }
}

fn count(section: &Section<'_>, key: &'static str) -> Option<u32> {
    let count = section.integer(key, 0, u64::MAX)?;
    Some(u32::try_from(count).unwrap_or(u32::MAX))
}
