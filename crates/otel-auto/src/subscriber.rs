//! The `tracing` subscriber: sends spans to OpenTelemetry and prints events on stderr.

mod loose;

use std::io::{self, IsTerminal};

use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
#[cfg(not(feature = "otlp-grpc"))]
use tracing_subscriber::layer::Identity;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::pipeline::logs::{self, LoggerProvider};

use loose::LooseEvents;

/// The libraries that exporters use. Spans of theirs would cause exports without end.
const CARRIERS: [&str; 9] = [
    "h2",
    "hyper",
    "hyper_util",
    "opentelemetry",
    "reqwest",
    "rustls",
    "tonic",
    "tower",
    "ureq",
];

/// Sets the global subscriber; returns `false` if there already is one.
///
/// Spans and log records from level INFO up are exported regardless of `RUST_LOG`, which controls
/// what is printed on stderr.
pub(crate) fn install(
    tracer: Option<SdkTracer>,
    logs: Option<&LoggerProvider>,
    sdk_log: LevelFilter,
) -> bool {
    let loose = tracer
        .is_some()
        .then(|| LooseEvents.with_filter(exported()));
    let spans = tracer.map(|tracer| {
        // A span has only the attributes that its author set.
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_level(false)
            .with_filter(exported())
    });
    let logs = logs.map(|logs| logs::bridge(logs).with_filter(exported()));
    let events = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // It would report a closed stderr on stderr, and panic.
        .log_internal_errors(false)
        .with_filter(printed(sdk_log));
    #[cfg(feature = "otlp-grpc")]
    let rejections = Some(crate::otlp::listener());
    #[cfg(not(feature = "otlp-grpc"))]
    let rejections = None::<Identity>;
    tracing_subscriber::registry()
        .with(spans)
        .with(loose)
        .with(logs)
        .with(rejections)
        .with(events)
        .try_init()
        .is_ok()
}

fn exported() -> Targets {
    // A target covers all targets that begin with it: `opentelemetry` includes `opentelemetry_sdk`.
    let silent = CARRIERS.map(|target| (target, LevelFilter::OFF));
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(silent)
}

/// The filter of `RUST_LOG`, INFO by default. The SDK's own log is limited by `OTEL_LOG_LEVEL`
/// unless `RUST_LOG` names it, since failed exports are in the report at shutdown.
fn printed(sdk_log: LevelFilter) -> EnvFilter {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    let named = std::env::var("RUST_LOG").is_ok_and(|value| value.contains("opentelemetry"));
    match format!("opentelemetry={sdk_log}").parse() {
        Ok(directive) if !named => filter.add_directive(directive),
        _ => filter,
    }
}
