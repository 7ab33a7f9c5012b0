//! The SDK configured by the environment, shared by all instrumentations of the process.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName};
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::config::Propagator;
use crate::sampling::CountingSampler;

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// The SDK that [`init`](crate::init) has set up. If the program sets up an SDK itself, its sampler
/// is not known here.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `None` if the SDK is disabled.
    pub(crate) sdk: Option<(SdkTracerProvider, CountingSampler)>,
    /// The headers without which there is no context; `None` if that cannot be told in advance.
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

    /// Sets the environment of the process, unless it is set already.
    pub(crate) fn install(self) {
        ENVIRONMENT.get_or_init(|| self);
    }

    /// The environment of the process; `None` before [`init`](crate::init).
    pub(crate) fn get() -> Option<&'static Self> {
        ENVIRONMENT.get()
    }

    /// True if `headers` may hold a context.
    pub(crate) fn may_carry(&self, headers: &HeaderMap) -> bool {
        // Comparing every name is faster than hashing the few that are looked for.
        let carries = |carriers: &Vec<_>| headers.keys().any(|name| carriers.contains(name));
        self.carriers.as_ref().is_none_or(carries)
    }
}

/// The header without which there is no context in that format.
fn carrier(propagator: Propagator) -> Option<HeaderName> {
    Some(HeaderName::from_static(match propagator {
        Propagator::TraceContext => "traceparent",
        Propagator::Baggage => "baggage",
        // B3 uses one header or several, and each entry of Jaeger's baggage has a header of its
        // own.
        Propagator::B3 | Propagator::B3Multi | Propagator::Jaeger => return None,
    }))
}
