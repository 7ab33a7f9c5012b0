//! From the configuration to a running SDK, and back to a flushed one.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::config::{Config, Problem};
use crate::delivery::Delivery;
use crate::{http, pipeline, propagation, subscriber};

/// How long the last spans may take to leave when the program ends.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Tracing, for as long as this lives.
///
/// Dropping it does what [`shutdown`](Self::shutdown) does. `std::process::exit` and a panic that
/// aborts drop nothing: call `shutdown` before the one, and expect the last spans lost in the
/// other.
#[derive(Debug)]
#[must_use = "spans are flushed and tracing ends when this is dropped"]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    deliveries: Vec<Delivery>,
}

/// Sets tracing up as the environment asks, for the whole process: the global tracer provider,
/// the global propagator and the `tracing` subscriber.
///
/// Never fails: every value that cannot be honoured is reported on stderr, all at once, and the
/// program runs with what the specification says instead.
/// [`VARIABLES`](crate::config::VARIABLES) lists what is read.
///
/// ```no_run
/// let telemetry = telemetry::init();
/// tracing::info_span!("client").in_scope(|| { /* work */ });
/// telemetry.shutdown();
/// ```
pub fn init() -> Telemetry {
    let (config, mut problems) = Config::from_env();
    global::set_text_map_propagator(propagation::composite(&config.propagators));
    let (provider, deliveries) = if config.disabled {
        (None, Vec::new())
    } else {
        let (provider, deliveries) = pipeline::build(&config, &mut problems);
        (Some(provider), deliveries)
    };
    report(&problems);
    http::set_provider(provider.as_ref());
    if let Some(methods) = config.known_methods {
        http::set_known_methods(methods);
    }
    let tracer = provider.as_ref().map(|provider| {
        global::set_tracer_provider(provider.clone());
        provider.tracer(crate::config::program().unwrap_or_default())
    });
    if !subscriber::install(tracer, config.log_level) {
        eprintln!(
            "telemetry: another tracing subscriber is set already: \
             spans made with tracing are not exported"
        );
    }
    Telemetry {
        provider,
        deliveries,
    }
}

impl Telemetry {
    /// Exports the last spans, within 5 seconds, and says on stderr what became of them all.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let Some(provider) = self.provider.take() else {
            return;
        };
        // What went wrong is in the report below.
        provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT).ok();
        for delivery in &self.deliveries {
            eprintln!("{delivery}");
        }
    }
}

fn report(problems: &[Problem]) {
    for problem in problems {
        eprintln!("telemetry: {problem}");
    }
}
