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

/// Each is common, but no span has all.
const MANY_TAGS: &str = "service=cart&tag=url.path:/api/items/77&tag=component:redis&tag=thread.id:3\
                         &tag=http.response.status_code:500&tag=http.request.method:NONE";

pub(crate) fn report(otlp: &str, query: &str) -> anyhow::Result<()> {
    println!("{:<28}{:>12}{:>12}", "questions, ms", "median", "p99");
    for (name, mut question) in questions(query)? {
        let times = (0..TIMES).map(|_| ask(query, &question()));
        print_times(name, times.collect::<Result<_, _>>()?);
    }
    let times = (0..TIMES).map(|n| visible(otlp, query, n));
    print_times("visible after the answer", times.collect::<Result<_, _>>()?);
    Ok(())
}

fn questions(query: &str) -> anyhow::Result<Vec<(&'static str, Question)>> {
    let mut random = Random(7);
    let by_id = move || {
        let id = u128::from_be_bytes(trace_id(random.next() % 200, random.next() % 50));
        format!("/api/traces/{id:032x}")
    };
    let rare = format!("service=cart&tag=user.id:{}", any_user(query)?);
    Ok(vec![
        ("trace by id", Box::new(by_id)),
        ("newest 20 of a service", search("service=cart")),
        (
            "service and tag",
            search("service=cart&tag=http.request.method:PUT"),
        ),
        ("rare tag", search(&rare)),
        (
            "tag that nothing has",
            search("service=cart&tag=user.id:nobody"),
        ),
        ("many tags, never together", search(MANY_TAGS)),
        ("duration", search("service=cart&minDuration=100ms")),
        ("errors", search("service=cart&tag=error:true")),
    ])
}

fn search(parameters: &str) -> Question {
    let parameters = parameters.to_owned();
    Box::new(move || {
        let end = UnixNanos::now().micros() + 60_000_000;
        format!("/api/traces?{parameters}&limit=20&start=0&end={end}")
    })
}

/// The user of some span, of whom there are few others.
fn any_user(query: &str) -> anyhow::Result<String> {
    let path = search("service=cart")();
    let (_, body) = get(&mut connect(query)?, &path)?;
    let behind = body
        .split("\"user.id\",\"type\":\"string\",\"value\":\"")
        .nth(1);
    let user = behind.and_then(|behind| behind.split('"').next());
    Ok(user.context("no user was found")?.to_owned())
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

/// Head and body of an answer.
fn get(stream: &mut TcpStream, path: &str) -> anyhow::Result<(String, String)> {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    Ok((head.to_owned(), body.to_owned()))
}

fn print_times(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("  {name:<26}{:>12.2}{:>12.2}", at(0.5), at(0.99));
}
