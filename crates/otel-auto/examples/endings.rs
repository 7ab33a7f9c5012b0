//! A program that ends in one of several ways, none of which loses a span.
//!
//! ```sh
//! OTEL_TRACES_EXPORTER=otlp cargo run -p otel-auto --example endings panic
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    let ending = std::env::args().nth(1).unwrap_or_default();
    match ending.as_str() {
        "panic" => panics(),
        "exit" => exits(),
        "signal" => waits_for_a_signal(),
        "twice" => initializes_twice(),
        "current-thread" => ends_in_a_runtime_of_one_thread(),
        "panic-under-load" => under_load(panics),
        "exit-under-load" => under_load(exits),
        "signal-under-load" => under_load(waits_for_a_signal),
        "current-thread-under-load" => under_load(ends_in_a_runtime_of_one_thread),
        _ => {
            eprintln!("usage: endings panic|exit|signal|twice|current-thread[-under-load]");
            ExitCode::FAILURE
        }
    }
}

fn work() {
    tracing::info_span!("work").in_scope(|| tracing::info!("working"));
}

/// Ends while other threads go on making spans, which nobody joins.
fn under_load(end: fn() -> ExitCode) -> ExitCode {
    for _ in 0..2 {
        std::thread::spawn(|| {
            loop {
                work();
            }
        });
    }
    end()
}

#[expect(clippy::panic, reason = "a panic is one way to end")]
fn panics() -> ExitCode {
    let _telemetry = otel_auto::init();
    work();
    panic!("on purpose");
}

/// `exit` drops nothing, so the guard is shut down before it.
fn exits() -> ExitCode {
    let telemetry = otel_auto::init();
    work();
    telemetry.shutdown();
    std::process::exit(7);
}

/// A program without a handler of its own: SIGTERM and Ctrl-C flush before they end it.
fn waits_for_a_signal() -> ExitCode {
    let _telemetry = otel_auto::init().exit_on_signal();
    work();
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// The second guard is dropped first and takes nothing with it.
fn initializes_twice() -> ExitCode {
    let _telemetry = otel_auto::init();
    drop(otel_auto::init());
    work();
    ExitCode::SUCCESS
}

/// `shutdown` blocks the only thread of the runtime, and yet the spans leave.
#[tokio::main(flavor = "current_thread")]
async fn ends_in_a_runtime_of_one_thread() -> ExitCode {
    let telemetry = otel_auto::init();
    work();
    telemetry.shutdown();
    ExitCode::SUCCESS
}
