//! The `tracing` subscriber: spans to OpenTelemetry, events to stderr.

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

/// The libraries that carry the export. Their spans would cause exports of their own without end.
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

/// Makes the subscriber global; `false` where another one is.
///
/// Spans and log records of level INFO and above are exported whatever `RUST_LOG` says; that one
/// rules what is printed on stderr.
pub(crate) fn install(
    tracer: Option<SdkTracer>,
    logs: Option<&LoggerProvider>,
    sdk_log: LevelFilter,
) -> bool {
    let loose = tracer
        .is_some()
        .then(|| LooseEvents.with_filter(exported()));
    let spans = tracer.map(|tracer| {
        // A span carries what its author gave it and nothing else.
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
        // It would report a stderr that is closed on that stderr, and panic.
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
    // A target covers all that begin with it: `opentelemetry` stands for `opentelemetry_sdk` too.
    let silent = CARRIERS.map(|target| (target, LevelFilter::OFF));
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(silent)
}

/// What `RUST_LOG` says, INFO without it. Of the SDK's own log only what `OTEL_LOG_LEVEL` allows,
/// unless `RUST_LOG` names it: a failed export is in the report at shutdown.
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
