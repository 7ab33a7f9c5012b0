//! The process in which one subject runs. Each line on its standard input starts a measurement.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use axum::Router;
use axum::routing::get;
use cpu_time::ThreadTime;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::load::CPU;
use crate::sdk::Sdk;
use crate::server;
use crate::sink::Sink;
use crate::subject::{Scenario, Subject};

const ARGUMENT: &str = "--subject";
/// The number of requests through the router in one measurement.
const REQUESTS: u32 = 10_000;

/// A process for one subject in one scenario, which is stopped when this value is dropped.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Child {
    /// Starts this program again, as `subject`.
    ///
    /// # Errors
    /// If it cannot be started, or does not report its address.
    pub fn start(subject: Subject, scenario: Scenario, sink: &Sink) -> io::Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args([
                ARGUMENT,
                &number(subject as usize),
                &number(scenario as usize),
            ])
            .envs(scenario.variables())
            .env("OTEL_SERVICE_NAME", "http-bench")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .env("OTEL_BSP_MAX_QUEUE_SIZE", "65536")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let input = process.stdin.take().ok_or_else(gone)?;
        let mut output = BufReader::new(process.stdout.take().ok_or_else(gone)?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(Self {
            process,
            input,
            output,
            address: line.trim().parse().map_err(io::Error::other)?,
        })
    }

    /// The address of its server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The microseconds of CPU for one request through the router, in the calling thread.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn router(&mut self) -> io::Result<f64> {
        writeln!(self.input)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().map_err(io::Error::other)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Runs the subject if this process was started as one; it then returns only at the end of the
/// process.
///
/// # Errors
/// If it cannot listen, or its parent has ended.
pub fn run_if_child() -> io::Result<bool> {
    let arguments: Vec<String> = env::args().collect();
    let Some([_, subject, scenario]) = arguments.windows(3).find_map(|three| {
        <&[String; 3]>::try_from(three)
            .ok()
            .filter(|a| a[0] == ARGUMENT)
    }) else {
        return Ok(false);
    };
    let choose = |text: &String| text.parse::<usize>().map_err(io::Error::other);
    run(
        Subject::ALL[choose(subject)?],
        Scenario::ALL[choose(scenario)?],
    )?;
    Ok(true)
}

fn run(subject: Subject, scenario: Scenario) -> io::Result<()> {
    let _sdk = Sdk::start(subject, scenario);
    println!("{}", serve(subject)?);
    let runtime = Builder::new_current_thread().build()?;
    // Like `axum::serve`: handlers become services once, not for each request.
    let mut router: Router = server::router(subject).with_state(());
    let protocol = subject.protocol();
    for line in io::stdin().lines() {
        line?;
        let started = ThreadTime::now();
        runtime.block_on(async {
            for _ in 0..REQUESTS {
                server::ask(&mut router, protocol, scenario).await;
            }
        });
        println!(
            "{}",
            started.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS)
        );
    }
    Ok(())
}

/// Serves in a thread of its own, and reports the CPU time of that thread.
fn serve(subject: Subject) -> io::Result<SocketAddr> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let service = server::router(subject)
        .route(
            CPU,
            get(async || ThreadTime::now().as_duration().as_nanos().to_string()),
        )
        .into_make_service_with_connect_info::<SocketAddr>();
    thread::spawn(move || runtime.block_on(axum::serve(listener, service).into_future()));
    Ok(address)
}

fn number(index: usize) -> String {
    index.to_string()
}
