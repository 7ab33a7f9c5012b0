//! Loads a backend with spans over OTLP/HTTP and says what that cost.
//!
//! ```text
//! cargo run --release -p otel-backend --example load -- --spans 1000000
//! ```
//!
//! Without `--endpoint` it starts the otel-backend that was built beside it, on an empty directory,
//! and can say more: CPU, memory, bytes on disk, time to visible, query latencies. With `--endpoint`
//! it loads any other backend, and with `--pid` it says what that process used.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people, and numbers that are known to be small"
)]

mod process;
mod queries;
mod spans;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;

use process::{Backend, Usage};
use spans::Request;

/// Loads a backend with spans over OTLP/HTTP and says what that cost.
#[derive(Parser)]
struct Options {
    /// Where to send: host and port of an OTLP/HTTP receiver. Without it, otel-backend is started.
    #[arg(long)]
    endpoint: Option<String>,

    /// The process of that endpoint, to say what it used.
    #[arg(long, requires = "endpoint")]
    pid: Option<u32>,

    /// How many spans to send.
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,

    /// How many spans a request has; a multiple of 8.
    #[arg(long, default_value_t = 400)]
    per_request: usize,

    /// How many connections send at the same time.
    #[arg(long, default_value_t = 8)]
    connections: u64,

    /// How many spans to send in a second; without it, as fast as they are taken.
    #[arg(long)]
    rate: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let backend = match &options.endpoint {
        Some(endpoint) => Backend::running(endpoint, options.pid),
        None => Backend::start()?,
    };
    let before = backend.usage()?;
    let began = Instant::now();
    let sent = send_all(&options, &backend.otlp)?;
    let took = began.elapsed();
    report_load(sent, took, before, backend.usage()?);
    if let Some(query) = &backend.query {
        queries::report(&backend.otlp, query)?;
        std::thread::sleep(Duration::from_secs(5));
        report_rest(sent, before, &backend)?;
    }
    Ok(())
}

fn send_all(options: &Options, address: &str) -> anyhow::Result<u64> {
    let requests = options.spans.div_ceil(options.per_request as u64);
    let next = AtomicU64::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let send = || -> anyhow::Result<()> {
            let mut request = Request::new(options.per_request);
            let mut connection = connect(address)?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return Ok(());
                }
                if let Some(rate) = options.rate {
                    let due = number * options.per_request as u64 * 1_000_000_000 / rate;
                    std::thread::sleep(Duration::from_nanos(due).saturating_sub(began.elapsed()));
                }
                post(&mut connection, address, request.renew(number))?;
            }
        };
        let senders: Vec<_> = (0..options.connections)
            .map(|_| scope.spawn(send))
            .collect();
        for sender in senders {
            sender
                .join()
                .map_err(|_| anyhow::anyhow!("a sender failed"))??;
        }
        Ok(requests * options.per_request as u64)
    })
}

fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("cannot reach {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends one request and reads its answer.
fn post(stream: &mut TcpStream, address: &str, body: &[u8]) -> anyhow::Result<()> {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let answer = read_answer(stream)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "refused: {answer}");
    Ok(())
}

/// Reads an answer; one that is accepted has a short body, or none.
fn read_answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            bail!("the connection was closed");
        }
        answer.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.eq_ignore_ascii_case("content-length")).then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(text.into_owned());
            }
        }
    }
}

fn report_load(sent: u64, took: Duration, before: Usage, after: Usage) {
    let per_million = 1e6 / sent as f64;
    println!("spans sent                {sent:>12}");
    println!(
        "spans a second            {:>12.0}",
        sent as f64 / took.as_secs_f64()
    );
    println!(
        "CPU s a million, at load  {:>12.2}",
        (after.cpu - before.cpu) * per_million
    );
    println!("memory, idle MiB          {:>12.1}", before.memory_mib);
    println!("memory, peak MiB          {:>12.1}", after.peak_mib);
}

fn report_rest(sent: u64, before: Usage, backend: &Backend) -> anyhow::Result<()> {
    let after = backend.usage()?;
    let per_million = 1e6 / sent as f64;
    println!(
        "CPU s a million, settled  {:>12.2}",
        (after.cpu - before.cpu) * per_million
    );
    println!("memory, after MiB         {:>12.1}", after.memory_mib);
    println!(
        "bytes on disk a span      {:>12.1}",
        backend.disk_bytes()? as f64 / sent as f64
    );
    Ok(())
}
