//! A program that ends in one of several ways; none of them may lose a span.
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

/// Ends while detached threads keep making spans.
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

/// `exit` drops nothing, so the guard must be shut down first.
fn exits() -> ExitCode {
    let telemetry = otel_auto::init();
    work();
    telemetry.shutdown();
    std::process::exit(7);
}

/// A program without its own signal handler: SIGTERM and Ctrl-C export the last spans before they
/// end it.
fn waits_for_a_signal() -> ExitCode {
    let _telemetry = otel_auto::init().exit_on_signal();
    work();
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// The second guard is dropped first, and must not shut anything down.
fn initializes_twice() -> ExitCode {
    let _telemetry = otel_auto::init();
    drop(otel_auto::init());
    work();
    ExitCode::SUCCESS
}

/// `shutdown` blocks the only thread of the runtime, but the spans must still be exported.
#[tokio::main(flavor = "current_thread")]
async fn ends_in_a_runtime_of_one_thread() -> ExitCode {
    let telemetry = otel_auto::init();
    work();
    telemetry.shutdown();
    ExitCode::SUCCESS
}
