//! The sampler and its argument.

use crate::reader::Reader;
use crate::variable::ProblemKind;
use crate::variables::{TRACES_SAMPLER, TRACES_SAMPLER_ARG};

/// The rule by which spans are recorded and exported.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampler {
    /// Samples all spans.
    AlwaysOn,
    /// Samples no spans.
    AlwaysOff,
    /// Samples this fraction of the traces, from 0 to 1, by trace id.
    TraceIdRatioBased(f64),
    /// Samples a span if its parent was sampled; uses the inner sampler for a span without parent.
    ParentBased(Box<Self>),
}

impl Default for Sampler {
    fn default() -> Self {
        parent_based(Self::AlwaysOn)
    }
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Sampler {
    let name = reader
        .text(&TRACES_SAMPLER)
        .map(|name| name.to_ascii_lowercase());
    match name.as_deref() {
        Some("traceidratio") => ratio(reader),
        Some("parentbased_traceidratio") => parent_based(ratio(reader)),
        name => {
            let sampler = without_argument(reader, name);
            refuse_argument(reader);
            sampler
        }
    }
}

fn without_argument(reader: &mut Reader<'_>, name: Option<&str>) -> Sampler {
    match name {
        Some("always_on") => Sampler::AlwaysOn,
        Some("always_off") => Sampler::AlwaysOff,
        Some("parentbased_always_off") => parent_based(Sampler::AlwaysOff),
        None | Some("parentbased_always_on") => parent_based(Sampler::AlwaysOn),
        Some(other) => {
            reader.refuse(&TRACES_SAMPLER, other);
            parent_based(Sampler::AlwaysOn)
        }
    }
}

fn ratio(reader: &mut Reader<'_>) -> Sampler {
    let ratio = reader.parse(&TRACES_SAMPLER_ARG, |value| {
        value
            .parse()
            .ok()
            .filter(|ratio| (0.0..=1.0).contains(ratio))
    });
    Sampler::TraceIdRatioBased(ratio.unwrap_or(1.0))
}

fn parent_based(root: Sampler) -> Sampler {
    Sampler::ParentBased(Box::new(root))
}

fn refuse_argument(reader: &mut Reader<'_>) {
    if let Some(argument) = reader.text(&TRACES_SAMPLER_ARG) {
        let message = "the sampler takes no argument; it is not used".to_owned();
        reader.report(ProblemKind::Unused, &TRACES_SAMPLER_ARG, &argument, message);
    }
}
