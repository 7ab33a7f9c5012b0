//! Pages of other sites: what a real browser lets them send, and what the backend takes of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use browser_tests::{Browser, View};
use serde_json::{Value, json};
use test_kit::Backend;

/// Serves one page to whoever asks, and returns its port.
fn serve(page: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok()
                && !line.ends_with("\r\n\r\n")
                && !line.is_empty()
            {}
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{page}", page.len());
            drop(stream.get_mut().write_all(answer.as_bytes()));
        }
    });
    port
}

/// A page that sends a Zipkin span in each way in which a page can, looks at an API as a picture, and
/// then says that it has.
fn attacking(zipkin: &str, ui: &str) -> String {
    format!(
        "<title>attack</title><script>
        const span = (id) => JSON.stringify([{{traceId: id, id: '1', name: 'sent'}}]);
        const picture = () => new Promise((done) => {{
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = '{ui}/api/search?q=%7B%7D';
        }});
        (async () => {{
            await fetch('{zipkin}', {{method: 'POST', mode: 'no-cors', body: span('a1')}}).catch(() => 0);
            await fetch('{zipkin}', {{method: 'POST', headers: {{'content-type': 'application/json'}}, body: span('a2')}}).catch(() => 0);
            navigator.sendBeacon('{zipkin}', span('a3'));
            await picture();
            document.title = 'done';
        }})();
        </script>"
    )
}

fn zipkin(backend: &Backend) -> String {
    backend.url("Zipkin", "/api/v2/spans")
}

/// The traces of the service without a name, which the attacks send.
fn stored(backend: &Backend) -> usize {
    let metrics = ureq::get(backend.ui("/metrics"))
        .call()
        .unwrap()
        .into_body()
        .read_to_string()
        .unwrap();
    let line = metrics
        .lines()
        .find(|line| line.starts_with("otel_backend_spans_stored_total"));
    line.map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
}

async fn run(backend: &Backend, host: &str) {
    let port = serve(attacking(&zipkin(backend), &backend.ui("")));
    let page = Browser::open(View::Wide).await;
    page.go(&format!("http://{host}:{port}/")).await;
    page.until("return document.title === 'done'").await;
    page.quit().await;
}

#[tokio::test]
async fn a_page_of_another_site_can_send_and_cost_nothing() {
    let backend = Backend::start(&["--memory"]);
    run(&backend, "evil.example").await;
    assert_eq!(stored(&backend), 0);
    let refused = "otel_backend_requests_turned_away_total{endpoint=\"ui\",reason=\"origin\"} 1";
    let metrics = ureq::get(backend.ui("/metrics"))
        .call()
        .unwrap()
        .into_body()
        .read_to_string()
        .unwrap();
    // The picture is not asked for where the browser asks a person first.
    assert!(
        metrics.contains(refused) || !metrics.contains("endpoint=\"ui\",reason=\"path\""),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_page_of_this_machine_can_send_json() {
    let backend = Backend::start(&["--memory"]);
    run(&backend, "localhost").await;
    assert_eq!(stored(&backend), 1, "what was sent as JSON, and no text");
}

#[tokio::test]
async fn a_name_that_is_pointed_at_this_machine_reads_nothing() {
    let backend = Backend::start(&["--memory"]);
    let rebound = backend
        .ui("/api/services")
        .replace("127.0.0.1", "evil.example");
    let page = Browser::open(View::Wide).await;
    page.go(&rebound).await;
    let text: Value = page
        .script("return document.body.innerText", json!([]))
        .await;
    let text = text.as_str().unwrap();
    assert!(
        text.contains("'evil.example:") && text.contains("--allow-host"),
        "{text}"
    );
    page.go(&backend.ui("/api/services")).await;
    let text = page
        .script("return document.body.innerText", json!([]))
        .await;
    assert!(text.as_str().unwrap().contains("\"data\""), "{text}");
    page.quit().await;
}
