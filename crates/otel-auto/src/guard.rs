//! Starts the SDK from the configuration, and shuts it down.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;

use crate::config::{Config, Problem};
use crate::pipeline::Built;
use crate::signal::Signals;
use crate::stderr::say;
use crate::{pipeline, propagation, settings, subscriber};

/// The time limit for exporting the last spans at the end of the program.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A guard that keeps tracing running.
///
/// Dropping it does the same as [`shutdown`](Self::shutdown), also while a panic unwinds.
/// `std::process::exit` and an aborting panic drop nothing: call `shutdown` before `exit`; after an
/// abort the last spans are lost. For signals there are [`shutdown_signal`](crate::shutdown_signal)
/// and [`exit_on_signal`](Self::exit_on_signal).
#[derive(Debug)]
#[must_use = "spans are flushed and tracing ends when this is dropped"]
pub struct Telemetry {
    /// `None` if the SDK is disabled, and for every guard but the first.
    running: Option<Arc<Running>>,
}

#[derive(Debug)]
struct Running {
    built: Built,
    finished: AtomicBool,
}

/// Sets up tracing from the environment for the whole process: the global tracer provider, the
/// global propagator and the `tracing` subscriber.
///
/// It never fails: all values that cannot be honoured are reported together on stderr, and the
/// program runs with what the specification requires instead. [`config`](crate::config) lists the
/// variables.
///
/// ```no_run
/// let telemetry = otel_auto::init();
/// tracing::info_span!("client").in_scope(|| { /* work */ });
/// telemetry.shutdown();
/// ```
///
/// A second call in the same process only reports that it has no effect.
pub fn init() -> Telemetry {
    static INITIALIZED: AtomicBool = AtomicBool::new(false);
    if INITIALIZED.swap(true, Ordering::AcqRel) {
        say("otel-auto: init was called before; this call changes nothing");
        return Telemetry { running: None };
    }
    let (config, mut problems) = Config::from_env();
    let built = (!config.disabled).then(|| pipeline::build(&config, &mut problems));
    report(&problems);
    set_globals(config, built.as_ref());
    let running = built.map(|built| {
        Arc::new(Running {
            built,
            finished: AtomicBool::new(false),
        })
    });
    Telemetry { running }
}

fn set_globals(config: Config, built: Option<&Built>) {
    global::set_text_map_propagator(propagation::composite(&config.propagators));
    #[cfg(any(feature = "axum", feature = "reqwest", feature = "tonic"))]
    crate::instrumentation::Environment::new(
        built.map(|built| (built.provider.clone(), built.sampler.clone())),
        &config.propagators,
    )
    .install();
    #[cfg(any(feature = "axum", feature = "reqwest"))]
    crate::http::Settings::new(config.http).install();
    let tracer = built.map(|built| {
        global::set_tracer_provider(built.provider.clone());
        built
            .provider
            .tracer(settings::program().unwrap_or_default())
    });
    let logs = built.and_then(|built| built.logs.as_ref());
    if !subscriber::install(tracer, logs, settings::level(config.log_level)) {
        say(
            "otel-auto: another tracing subscriber is set already: spans made with tracing are not \
             exported",
        );
    }
}

fn report(problems: &[Problem]) {
    for problem in problems {
        say(&format!("otel-auto: {problem}"));
    }
}

impl Telemetry {
    /// Exports the last spans within 5 seconds, and the last log records within another 5, and
    /// reports the outcome of all of them on stderr.
    pub fn shutdown(self) {
        drop(self);
    }

    /// Makes SIGTERM and Ctrl-C export the last spans before they end the process. This is for a
    /// program that does not handle these signals itself; one that does should wait for
    /// [`shutdown_signal`](crate::shutdown_signal).
    ///
    /// ```no_run
    /// let telemetry = otel_auto::init().exit_on_signal();
    /// ```
    pub fn exit_on_signal(self) -> Self {
        if let Some(running) = &self.running {
            let running = Arc::clone(running);
            if let Err(error) = on_signal(move || running.finish()) {
                say(&format!(
                    "otel-auto: signals end the program at once: {error}"
                ));
            }
        }
        self
    }
}

/// Starts a thread that waits for a signal, calls `finish`, and ends the process.
fn on_signal(finish: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Signals are caught from here on, before the thread runs.
    let mut signals = {
        let _entered = runtime.enter();
        Signals::listen()?
    };
    let wait = move || {
        let code = runtime.block_on(signals.exit_code());
        finish();
        std::process::exit(code);
    };
    std::thread::Builder::new()
        .name("otel-auto-signals".to_owned())
        .spawn(wait)?;
    Ok(())
}

impl Running {
    fn finish(&self) {
        if self.finished.swap(true, Ordering::AcqRel) {
            return;
        }
        let Built {
            provider,
            logs,
            sampler,
            deliveries,
        } = &self.built;
        // An error is part of the report below.
        provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT).ok();
        if let Some(logs) = logs {
            logs.shutdown_with_timeout(SHUTDOWN_TIMEOUT).ok();
        }
        for delivery in deliveries {
            say(&delivery.to_string());
        }
        if let Some(report) = sampler.report() {
            say(&report);
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.finish();
        }
    }
}
