//! How long questions take, and how long a span takes to be found.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use otel_backend::model::UnixNanos;

use crate::spans::{Random, Request, trace_id};
use crate::{connect, post};

/// Times each kind of question is asked.
const TIMES: u64 = 50;

/// Makes the path and the parameters of a request.
type Question = Box<dyn FnMut() -> String>;

pub(crate) fn report(otlp: &str, query: &str) -> anyhow::Result<()> {
    let mut random = Random(7);
    let by_id = |random: &mut Random| {
        let id = u128::from_be_bytes(trace_id(random.next() % 200, random.next() % 50));
        format!("/api/traces/{id:032x}")
    };
    let mut questions: Vec<(&str, Question)> = vec![
        ("trace by id", Box::new(move || by_id(&mut random))),
        ("newest 20 of a service", search("service=cart")),
        (
            "service and tag",
            search("service=cart&tag=http.request.method:PUT"),
        ),
        (
            "rare tag",
            search(
                "service=cart&tag=url.path:/api/items/77&tag=component:redis&tag=thread.id:3&tag=http.response.status_code:500",
            ),
        ),
        (
            "tag that nothing has",
            search("service=cart&tag=user.id:nobody"),
        ),
        ("duration", search("service=cart&minDuration=100ms")),
        ("errors", search("service=cart&tag=error:true")),
    ];
    println!("{:<26}{:>12}{:>12}", "questions, ms", "median", "p99");
    for (name, question) in &mut questions {
        let mut times: Vec<_> = (0..TIMES)
            .map(|_| ask(query, &question()))
            .collect::<Result<_, _>>()?;
        print_times(name, &mut times);
    }
    let mut times: Vec<_> = (0..TIMES)
        .map(|n| visible(otlp, query, n))
        .collect::<Result<_, _>>()?;
    print_times("visible after the answer", &mut times);
    Ok(())
}

fn search(parameters: &'static str) -> Question {
    Box::new(move || {
        let end = UnixNanos::now().micros() + 60_000_000;
        format!("/api/traces?{parameters}&limit=20&start=0&end={end}")
    })
}

fn ask(address: &str, path: &str) -> anyhow::Result<Duration> {
    let mut stream = connect(address)?;
    let began = Instant::now();
    let (head, _) = get(&mut stream, path)?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    Ok(began.elapsed())
}

/// Sends a trace and asks for it until it is there.
fn visible(otlp: &str, query: &str, number: u64) -> anyhow::Result<Duration> {
    let number = u64::MAX / 2_000_003 - number;
    let mut stream = connect(otlp)?;
    post(&mut stream, otlp, Request::new(8).renew(number))?;
    let id = u128::from_be_bytes(trace_id(number, 0));
    let began = Instant::now();
    loop {
        let (head, _) = get(&mut connect(query)?, &format!("/api/traces/{id:032x}"))?;
        if head.starts_with("HTTP/1.1 200") {
            return Ok(began.elapsed());
        }
    }
}

fn get(stream: &mut TcpStream, path: &str) -> anyhow::Result<(String, usize)> {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.context("no answer")?;
    Ok((
        String::from_utf8_lossy(&answer[..end]).into_owned(),
        answer.len() - end - 4,
    ))
}

fn print_times(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("  {name:<24}{:>12.2}{:>12.2}", at(0.5), at(0.99));
}
