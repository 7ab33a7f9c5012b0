//! From the configuration to a running SDK, and back to a flushed one.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;

use crate::config::{Config, Problem};
use crate::pipeline::Built;
use crate::signal::Signals;
use crate::{pipeline, propagation, settings, subscriber};

/// The time that the last spans have to leave when the program ends.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Tracing, for as long as this lives.
///
/// Dropping it does what [`shutdown`](Self::shutdown) does, also where a panic unwinds.
/// `std::process::exit` and a panic that aborts drop nothing: call `shutdown` before the one, and
/// expect the last spans lost in the other. For signals there are
/// [`shutdown_signal`](crate::shutdown_signal) and [`exit_on_signal`](Self::exit_on_signal).
#[derive(Debug)]
#[must_use = "spans are flushed and tracing ends when this is dropped"]
pub struct Telemetry {
    /// `None` where the SDK is switched off, and for all guards but the first.
    running: Option<Arc<Running>>,
}

#[derive(Debug)]
struct Running {
    built: Built,
    finished: AtomicBool,
}

/// Sets tracing up as the environment asks, for the whole process: the global tracer provider,
/// the global propagator and the `tracing` subscriber.
///
/// Never fails: every value that cannot be honoured is reported on stderr, all at once, and the
/// program runs with what the specification says instead. [`config`](crate::config) lists the
/// variables.
///
/// ```no_run
/// let telemetry = otel_auto::init();
/// tracing::info_span!("client").in_scope(|| { /* work */ });
/// telemetry.shutdown();
/// ```
///
/// A second call in the same process changes nothing, and says so.
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

/// Writes one line to stderr. Where nobody reads it any more there is nobody to tell: `eprintln!`
/// would panic.
fn say(line: &str) {
    writeln!(io::stderr(), "{line}").ok();
}

fn report(problems: &[Problem]) {
    for problem in problems {
        say(&format!("otel-auto: {problem}"));
    }
}

impl Telemetry {
    /// Exports the last spans, within 5 seconds, and the last log records, within another 5, and
    /// says on stderr what became of them all.
    pub fn shutdown(self) {
        drop(self);
    }

    /// Ends the process as SIGTERM and Ctrl-C would, but exports the last spans before. For a
    /// program that does not handle these signals itself; one that does would not come to it, and
    /// waits for [`shutdown_signal`](crate::shutdown_signal).
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
    // From here on, before the thread runs.
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
        // What went wrong is in the report below.
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
