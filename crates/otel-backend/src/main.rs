//! The program otel-backend; its code is in the library.

use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use otel_backend::app::App;
use otel_backend::args::{Args, Command};
use otel_backend::config::{Config, Endpoint};
use otel_backend::health::{self, HealthError};
use otel_backend::transfer::{export, import, logs, query};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The exit code for a wrong command line or variable (`EX_USAGE` of sysexits).
const USAGE: u8 = 64;

/// The exit code if a port is taken, the store cannot be used, or a subcommand failed.
const CANNOT_START: u8 = 1;

/// The longest to wait at the end for answers that are still being made.
const GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    keep_few_heaps();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // If printing fails, there is no way to report it.
            drop(error.print());
            return if error.use_stderr() {
                USAGE.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::builder()
                .with_default_directive(tracing::Level::WARN.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let config = match Config::new(&args, |name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => {
            for line in error.0 {
                eprintln!("otel-backend: {line}");
            }
            return USAGE.into();
        }
    };
    let result = match &args.command {
        Some(Command::Health) => health(&config).map_err(anyhow::Error::from),
        Some(Command::Import(args)) => import::run(&config, args).map_err(anyhow::Error::from),
        Some(Command::Export(args)) => export::run(&config, args).map_err(anyhow::Error::from),
        Some(Command::Logs(args)) => logs::run(&config, args).map_err(anyhow::Error::from),
        Some(Command::Query(args)) => query::run(&config, args).map_err(anyhow::Error::from),
        None => run(&config),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                eprintln!("otel-backend: {line}");
            }
            CANNOT_START.into()
        }
    }
}

/// Restarts the program with two glibc heaps, and with large blocks of memory outside them, unless
/// the user has set a number.
///
/// By default there are up to eight heaps per core, and each keeps the memory that its threads have
/// freed, large blocks too: after large answers that came to more than was ever in use at once.
fn keep_few_heaps() {
    const HEAPS: &str = "MALLOC_ARENA_MAX";
    /// The size from which a block of memory is returned to the system, and the free memory kept at
    /// a heap's end.
    const LARGE: [(&str, &str); 2] = [
        ("MALLOC_MMAP_THRESHOLD_", "1048576"),
        ("MALLOC_TRIM_THRESHOLD_", "1048576"),
    ];
    if cfg!(target_env = "gnu")
        && std::env::var_os(HEAPS).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let mut arguments = std::env::args_os();
        let mut command = std::process::Command::new(program);
        command.arg0(arguments.next().unwrap_or_default());
        let reason = command.args(arguments).env(HEAPS, "2").envs(LARGE).exec();
        eprintln!("otel-backend: memory may grow larger than documented: {reason}");
    }
}

fn health(config: &Config) -> Result<(), HealthError> {
    let ui = |(endpoint, address)| (endpoint == Endpoint::Ui).then_some(address);
    match config.listeners.iter().copied().find_map(ui) {
        Some(address) => health::check(address),
        None => Err(HealthError::Off),
    }
}

fn run(config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(serve(config));
    // Nobody reads the answers that are still being made; they end when they notice that.
    runtime.shutdown_timeout(GRACE);
    result
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let app = App::start(config).await?;
    for (endpoint, address) in app.addresses() {
        let scheme = endpoint.transport().scheme();
        eprintln!("otel-backend: listening on {scheme}://{address} ({endpoint})");
    }
    eprintln!("otel-backend: ready");
    app.run(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
    .await;
    Ok(())
}
