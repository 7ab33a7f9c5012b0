//! Tests of the dependencies page.

use browser_tests::{Backend, Browser, Span, View, proxy};
use serde_json::json;

use crate::traces::shop;

/// Returns true once each call has its latencies.
const MEASURED: &str = "const cells = [...document.querySelectorAll('.edges td:nth-child(7)')];
    return cells.length > 0 && cells.every(({ textContent }) => textContent !== '–')";

/// The only value of an instant query over the last hour.
async fn metric(page: &Browser, query: &str) -> f64 {
    let ask = "const [q, done] = arguments;
        fetch(`/tempo/api/metrics/query?${new URLSearchParams({ q, since: '1h' })}`)
            .then((response) => response.json()).then(({ series }) => done(series[0].value))";
    let value = page.script_async(ask, vec![json!(query)]).await;
    value.as_f64().unwrap_or(f64::NAN)
}

/// More traces than a sample has: the failures are in the oldest.
#[tokio::test]
async fn errors_are_those_of_all_calls() {
    let backend = Backend::start();
    for request in 0..80_i64 {
        let [root, mut call] = [
            Span::new(1, "web", "click").at(-1000 * request).kind(3),
            Span::new(2, "shop", "GET /cart")
                .below(1)
                .at(-1000 * request)
                .kind(2),
        ];
        if request >= 70 {
            call = call.failed();
        }
        backend.send(&[root, call]);
    }
    let page = Browser::open(View::Wide).await;
    let errors = "return document.querySelector('.edges td:nth-child(5)')?.textContent";
    page.go(&format!("{}/dependencies", backend.url())).await;
    page.until(MEASURED).await;
    assert_eq!(page.script(errors, json!([])).await, "13\u{202f}%");
    // The row leads to all traces with the call.
    page.click(".edges td:nth-child(3) a").await;
    page.until(
        "return document.querySelector('.totals')?.textContent === '80 spans match, 10 failed'",
    )
    .await;
    // Jaeger has no TraceQL: the page has a sample, and says so.
    let jaeger = proxy::without_tempo(backend.url());
    page.go(&format!("{jaeger}/dependencies")).await;
    page.until(MEASURED).await;
    assert_eq!(page.script(errors, json!([])).await, "0\u{202f}%");
    assert_eq!(
        page.text(".summary").await,
        "2 services · 1 connection (p95 and error rate: sample of the newest 60 traces)"
    );
    page.look("services_of_a_sample").await;
    // The proxy's refusals are in the console.
    page.quit().await;
}

#[tokio::test]
async fn calls_have_rates_errors_and_latencies() {
    let backend = Backend::start();
    backend.send(&shop());
    backend.send(&shop());
    for (view, name) in [(View::Wide, "services"), (View::Dark, "services_dark")] {
        let page = Browser::open(view).await;
        page.go(&format!("{}/dependencies", backend.url())).await;
        page.until(MEASURED).await;
        assert_eq!(page.text(".summary").await, "2 services · 1 connection");
        let cells = page.texts(".edges tbody td").await;
        assert_eq!(
            cells[..5],
            ["shop", "store", "4", "0.067", "50\u{202f}%"],
            "as they were sent"
        );
        let of_calls =
            "{ resource.service.name = \"shop\" } > { resource.service.name = \"store\" }";
        for (cell, quantile) in cells[5..].iter().zip(["0.5", "0.95", "0.99"]) {
            let query = format!("{of_calls} | quantile_over_time(duration, {quantile})");
            let milliseconds = 1000.0 * metric(&page, &query).await;
            assert_eq!(*cell, format!("{milliseconds:.1}\u{202f}ms"), "{quantile}");
        }
        assert_eq!(
            page.texts(".graph .node text:first-of-type").await,
            ["shop", "store"]
        );
        let reach = "return getComputedStyle(document.querySelector('.edge.failed .reach')).stroke";
        let reach = page.script(reach, json!([])).await;
        assert_eq!(reach, "rgba(0, 0, 0, 0)", "only the line itself is seen");
        page.look(name).await;
        page.click(".graph .node:last-of-type").await;
        page.look(&format!("{name}_menu")).await;
        page.click(".popup a").await;
        page.until("return new URL(location).searchParams.get('service') === 'store'")
            .await;
        page.close(&format!("{name}_to_search")).await;
    }
}

/// A shop that writes to a queue, and a worker that reads from it in a trace of its own.
fn messages(backend: &Backend) {
    let text = |value: &str| json!({ "stringValue": value });
    let sent = backend.send(&[
        Span::new(1, "shop", "POST /order").kind(2).lasting(50),
        Span::new(2, "shop", "publish").below(1).kind(4),
        Span::new(3, "shop", "SELECT items")
            .below(1)
            .kind(3)
            .with("db.system.name", text("postgresql")),
        Span::new(4, "shop", "GET /rates")
            .below(1)
            .kind(3)
            .with("server.address", text("rates.example")),
    ]);
    backend.send(&[
        Span::new(1, "worker", "process").kind(5).link(&sent, 2),
        Span::new(2, "worker", "publish done")
            .below(1)
            .kind(4)
            .with("messaging.destination.name", text("done"))
            .with("messaging.system", text("kafka")),
    ]);
}

#[tokio::test]
async fn consumers_databases_queues_and_hosts_are_on_the_map() {
    let backend = Backend::start();
    messages(&backend);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/dependencies", backend.url())).await;
    page.until("return document.querySelectorAll('.graph .node').length === 5")
        .await;
    let edges = page.texts(".edges tbody tr").await.join("|");
    for edge in [
        "shopworker1 in sample",
        "shoppostgresql10.017",
        "shoprates.example10.017",
        "workerdone (kafka)10.017",
    ] {
        assert!(edges.contains(edge), "{edge} is not in {edges}");
    }
    page.type_into("[aria-label='Find a service']", "work")
        .await;
    page.script("document.activeElement.blur()", json!([]))
        .await;
    page.wait(".graph .node.found[data-name=worker]").await;
    page.click(".graph [data-name=worker]").await;
    page.click(".popup button").await;
    page.until("return document.querySelectorAll('.graph .node').length === 3")
        .await;
    page.script("[...document.querySelectorAll('.edges tbody tr')].find(({ textContent }) => textContent.startsWith('shopworker')).querySelector('a[href*=traceID]').click()", json!([])).await;
    page.until("return document.querySelectorAll('.result:not(.header)').length === 2")
        .await;
    assert!(page.url().await.contains("traceID="));
    page.close("services_outside").await;
}

#[tokio::test]
async fn sixty_connections_can_be_read() {
    let backend = Backend::start();
    for from in 0..12_u32 {
        let spans = (0..6_u32).map(|to| {
            let service = format!("service-{}", (from + 1 + to * to) % 16);
            Span::new(to + 2, &service, "call").below(1).kind(2)
        });
        let root = Span::new(1, &format!("service-{from}"), "root").kind(2);
        backend.send(&[root].into_iter().chain(spans).collect::<Vec<_>>());
    }
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/dependencies", backend.url())).await;
    page.until(MEASURED).await;
    let size = "return document.querySelector('.graph .node text').getBoundingClientRect().height";
    let height = page.script(size, json!([])).await;
    assert!(
        height.as_f64().is_some_and(|height| height >= 8.0),
        "{height}"
    );
    page.look("services_many").await;
    page.click("[aria-label='Zoom in']").await;
    let larger = page.script(size, json!([])).await;
    assert!(larger.as_f64() > height.as_f64(), "{larger}");
    page.click("[title='Fit the drawing into its frame']").await;
    let inside = "const frame = document.querySelector('.graph svg').getBoundingClientRect();
        return [...document.querySelectorAll('.graph .node')].every((node) => { const { left, right } = node.getBoundingClientRect(); return left >= frame.left && right <= frame.right; })";
    page.until(inside).await;
    page.close("services_fitted").await;
}
