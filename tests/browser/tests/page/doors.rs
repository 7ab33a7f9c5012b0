//! Tests of pages on other sites: what a real browser lets them send, and what the backend accepts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use browser_tests::{Browser, View};
use serde_json::{Value, json};
use test_kit::Backend;

/// The ways in which a page can send without and with a preflight. Each is the body of an
/// asynchronous function with an address and a span, which ends when the backend has answered.
const FETCH_TEXT: &str = "await fetch(url, {method: 'POST', mode: 'no-cors', body: span})";
const FETCH_JSON: &str = "const headers = {'content-type': 'application/json'};
    return (await fetch(url, {method: 'POST', headers, body: span})).status";
const BEACON_TEXT: &str = "await beacon(url, span)";
const BEACON_JSON: &str = "await beacon(url, new Blob([span], {type: 'application/json'}))";
/// An image with the address of an API: its answer costs the backend something, and shows the page
/// nothing.
const PICTURE: &str = "await new Promise((done) => {
        const image = new Image();
        image.onload = image.onerror = done;
        image.src = url;
    })";

/// An empty page of a site on this machine.
struct Site {
    browser: Browser,
}

impl Site {
    async fn open(host: &str) -> Self {
        let browser = Browser::open(View::Wide).await;
        browser.go(&format!("http://{host}:{}/", serve())).await;
        Self { browser }
    }

    /// Sends in one of the ways; returns the result that the page gets, or the error's name.
    async fn send(&self, way: &str, url: &str) -> Value {
        // The browser has no event for a beacon; its entry appears when it has been answered.
        let script = format!(
            "const [url, span, done] = arguments;
            const beacon = (url, body) => new Promise((sent) => {{
                new PerformanceObserver((list) => {{
                    if (list.getEntries().some((entry) => entry.initiatorType === 'beacon')) sent();
                }}).observe({{ type: 'resource' }});
                navigator.sendBeacon(url, body);
            }});
            (async () => {{ {way} }})().then((told) => done(told ?? null), (error) => done(error.name))"
        );
        let span = json!([{"traceId": "a".repeat(16), "id": "b".repeat(16), "name": "sent"}]);
        let arguments = vec![json!(url), json!(span.to_string())];
        self.browser.script_async(&script, arguments).await
    }
}

/// Serves an empty page to every client; returns the port.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let head = stream.by_ref().lines().map_while(Result::ok);
            // A browser also opens connections that it does not use.
            if head.take_while(|line| !line.is_empty()).count() > 0 {
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\
                    content-length: 0\r\nconnection: close\r\n\r\n";
                stream.get_mut().write_all(answer.as_bytes()).ok();
            }
        }
    });
    port
}

/// The sum of a metric's samples whose labels contain `label`.
fn metric(backend: &Backend, name: &str, label: &str) -> u64 {
    let answer = ureq::get(backend.ui("/metrics")).call().unwrap();
    let metrics = answer.into_body().read_to_string().unwrap();
    let samples = metrics
        .lines()
        .filter(|line| line.starts_with(&format!("{name}{{")) && line.contains(label));
    samples
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}

fn stored(backend: &Backend) -> u64 {
    metric(backend, "otel_backend_spans_stored_total", "")
}

fn turned_away(backend: &Backend, reason: &str) -> u64 {
    let reason = format!("reason=\"{reason}\"");
    metric(backend, "otel_backend_requests_turned_away_total", &reason)
}

fn zipkin(backend: &Backend) -> String {
    backend.url("Zipkin", "/api/v2/spans")
}

#[tokio::test]
async fn a_page_of_another_site_writes_nothing_in_any_way() {
    let backend = Backend::in_memory();
    let site = Site::open("evil.example").await;
    for (count, way) in (1..).zip([FETCH_TEXT, FETCH_JSON, BEACON_TEXT, BEACON_JSON]) {
        site.send(way, &zipkin(&backend)).await;
        assert_eq!(turned_away(&backend, "origin"), count, "{way}");
        assert_eq!(stored(&backend), 0, "{way}");
    }
    site.browser.quit().await;
}

#[tokio::test]
async fn a_page_of_this_machine_writes_json_and_no_text() {
    let backend = Backend::in_memory();
    let site = Site::open("localhost").await;
    for (count, way) in (1..).zip([FETCH_TEXT, BEACON_TEXT]) {
        site.send(way, &zipkin(&backend)).await;
        assert_eq!(turned_away(&backend, "content_type"), count, "{way}");
        assert_eq!(stored(&backend), 0, "{way}");
    }
    assert_eq!(site.send(FETCH_JSON, &zipkin(&backend)).await, 202);
    assert_eq!(stored(&backend), 1);
    site.send(BEACON_JSON, &zipkin(&backend)).await;
    assert_eq!(stored(&backend), 2);
    assert_eq!(turned_away(&backend, "origin"), 0);
    site.browser.quit().await;
}

#[tokio::test]
async fn a_picture_on_a_page_of_another_site_asks_nothing() {
    let backend = Backend::in_memory();
    let site = Site::open("evil.example").await;
    site.send(PICTURE, &backend.ui("/api/search?q=%7B%7D"))
        .await;
    assert_eq!(turned_away(&backend, "origin"), 1);
    site.browser.quit().await;
}

#[tokio::test]
async fn a_name_that_is_pointed_at_this_machine_reads_nothing() {
    let backend = Backend::in_memory();
    let own = backend.ui("/api/services");
    let page = Browser::open(View::Wide).await;
    let read = async |url: &str| {
        page.go(url).await;
        page.text("body").await
    };
    let refused = read(&own.replace("127.0.0.1", "evil.example")).await;
    assert!(
        refused.contains("'evil.example:") && refused.contains("--allow-host"),
        "{refused}"
    );
    let answer = read(&own).await;
    assert!(answer.contains("\"data\""), "{answer}");
    page.quit().await;
}
