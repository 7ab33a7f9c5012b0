//! Samplers.

use super::section::Section;
use crate::sampler::Sampler;

const ACCEPTED: &str = "always_on, always_off, trace_id_ratio_based, parent_based";

/// The sampler under `key`; `None` if there is none or it cannot be used.
pub(super) fn read(section: &Section<'_>, key: &'static str) -> Option<Sampler> {
    let (name, settings) = section.component(key)?;
    let sampler = match name {
        "always_on" => Some(Sampler::AlwaysOn),
        "always_off" => Some(Sampler::AlwaysOff),
        "trace_id_ratio_based" => {
            let ratio = settings.ratio("ratio").unwrap_or(1.0);
            Some(Sampler::TraceIdRatioBased(ratio))
        }
        "parent_based" => Some(parent_based(&settings)),
        _ => {
            settings.error(format!(
                "the sampler {name} is not supported here; accepted: {ACCEPTED}"
            ));
            return None;
        }
    };
    settings.end();
    sampler
}

/// A span with a parent is sampled if its parent was; the other settings are not supported.
fn parent_based(settings: &Section<'_>) -> Sampler {
    let root = read(settings, "root").unwrap_or(Sampler::AlwaysOn);
    let delegates = [
        ("remote_parent_sampled", Sampler::AlwaysOn),
        ("remote_parent_not_sampled", Sampler::AlwaysOff),
        ("local_parent_sampled", Sampler::AlwaysOn),
        ("local_parent_not_sampled", Sampler::AlwaysOff),
    ];
    for (key, expected) in delegates {
        let name = if expected == Sampler::AlwaysOn {
            "always_on"
        } else {
            "always_off"
        };
        if read(settings, key).is_some_and(|given| given != expected)
            && let Some(item) = settings.item(key)
        {
            item.error(format!(
                "another sampler is not supported here; accepted: {name}"
            ));
        }
    }
    Sampler::ParentBased(Box::new(root))
}
