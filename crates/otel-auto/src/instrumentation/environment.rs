//! The SDK that the environment asked for, for all instrumentations of the process.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName};
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::config::Propagator;
use crate::sampling::CountingSampler;

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// The SDK that [`init`](crate::init) set up. Of an SDK that the program sets up by itself, the
/// sampler is not known.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `None` where the SDK is switched off.
    pub(crate) sdk: Option<(SdkTracerProvider, CountingSampler)>,
    /// The headers in which the propagators look first; `None` where they look at all.
    carriers: Option<Vec<HeaderName>>,
}

impl Environment {
    pub(crate) fn new(
        sdk: Option<(SdkTracerProvider, CountingSampler)>,
        propagators: &[Propagator],
    ) -> Self {
        Self {
            sdk,
            carriers: propagators.iter().copied().map(carrier).collect(),
        }
    }

    /// Makes it the environment of the process; the first one stays.
    pub(crate) fn install(self) {
        ENVIRONMENT.get_or_init(|| self);
    }

    /// The environment of the process, if [`init`](crate::init) was called.
    pub(crate) fn get() -> Option<&'static Self> {
        ENVIRONMENT.get()
    }

    /// True if `headers` may hold a context.
    pub(crate) fn may_carry(&self, headers: &HeaderMap) -> bool {
        // To look at each name is quicker than to hash the few that are looked for.
        let carries = |carriers: &Vec<_>| headers.keys().any(|name| carriers.contains(name));
        self.carriers.as_ref().is_none_or(carries)
    }
}

/// The header without which there is no context in that format.
fn carrier(propagator: Propagator) -> Option<HeaderName> {
    Some(HeaderName::from_static(match propagator {
        Propagator::TraceContext => "traceparent",
        Propagator::Baggage => "baggage",
        // B3 comes in one header or in several, and each entry of Jaeger's baggage in its own.
        Propagator::B3 | Propagator::B3Multi | Propagator::Jaeger => return None,
    }))
}
