//! Tests of the page of a service.

use browser_tests::{Backend, Browser, Span, View, proxy};
use fantoccini::key::Key;
use serde_json::{Value, json};

/// Five and a half minutes before the others: in the previous window.
const BEFORE: i64 = -330_000;

/// Ten requests to a shop in each window. In the second, the cart takes three times as long, orders
/// fail, rates are new, and an old operation is gone.
fn shop_over_time(backend: &Backend) {
    for request in 0..10_u32 {
        let at = i64::from(request);
        backend.send(&traced("GET /cart", at, 30));
        backend.send(&traced("GET /cart", BEFORE + at, 10));
        let [root, mut order] = traced("POST /order", at, 20);
        if request < 4 {
            order = order
                .failed()
                .exception("IoError", &format!("broken {request}"));
        }
        backend.send(&[root, order.with("retry", json!({ "boolValue": true }))]);
        backend.send(&traced("POST /order", BEFORE + at, 20));
        backend.send(&traced("GET /rates", at, 5));
        backend.send(&traced("GET /old", BEFORE + at, 5));
    }
}

/// A request of the web to the shop.
fn traced(operation: &str, at: i64, lasting: i64) -> [Span; 2] {
    [
        Span::new(1, "web", "click")
            .at(at)
            .lasting(lasting + 2)
            .kind(3),
        Span::new(2, "shop", operation)
            .below(1)
            .at(at)
            .lasting(lasting)
            .kind(2),
    ]
}

async fn open(page: &Browser, url: &str) {
    page.go(&format!("{url}/service/shop?lookback=5m")).await;
    page.until("return document.querySelectorAll('.service-page .later section').length === 3")
        .await;
}

#[tokio::test]
async fn a_service_has_operations_changes_neighbours_and_exceptions() {
    let backend = Backend::start();
    shop_over_time(&backend);
    for (view, name) in [
        (View::Wide, "service"),
        (View::Dark, "service_dark"),
        (View::Phone, "service_phone"),
    ] {
        let page = Browser::open(view).await;
        open(&page, backend.url()).await;
        let changes = page.texts(".changes li").await;
        let expected = [
            "More errors POST /order 0\u{202f}% → 40\u{202f}% of its spans",
            "Slower GET /cart p95 ",
            "New GET /rates 10 spans",
            "Gone GET /old 10 spans before, none now",
        ];
        assert_eq!(changes.len(), expected.len(), "{changes:?}");
        for (change, start) in changes.iter().zip(expected) {
            assert!(change.starts_with(start), "{change}");
        }
        page.look(name).await;
        let wide = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(page.script(wide, json!([])).await, true);
        page.close(&format!("{name}_end")).await;
    }
}

/// The number of traces that the backend finds for the query in a link.
async fn found_by(page: &Browser, link: &str) -> Value {
    let script = "const [link, done] = arguments;
        const { searchParams } = new URL(document.querySelector(link).href);
        const [start, end] = searchParams.has('start')
            ? ['start', 'end'].map((name) => searchParams.get(name) / 1e6)
            : [Date.now() / 1000 - 300, Date.now() / 1000].map(Math.floor);
        const parameters = new URLSearchParams({ q: searchParams.get('q'), start, end, limit: 100 });
        fetch(`/tempo/api/search?${parameters}`).then((answer) => answer.json()).then(({ traces = [] }) => done(traces.length), (error) => done(String(error)))";
    page.script_async(script, vec![json!(link)]).await
}

#[tokio::test]
async fn each_row_leads_to_its_traces() {
    let backend = Backend::start();
    shop_over_time(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url()).await;
    for (link, traces) in [
        (".changes .errors a", 4),
        (".changes .slower a", 10),
        (".changes .new a", 10),
        (".changes .gone a", 10),
        ("[aria-label=Operations] td.failed a", 4),
        ("section[aria-label=Callers] td.numeric a", 30),
        ("section[aria-label=Exceptions] td a", 4),
        (".bar a", 30),
    ] {
        assert_eq!(found_by(&page, link).await, json!(traces), "{link}");
    }
    assert_eq!(
        page.texts("section[aria-label=Callers] td:first-child")
            .await,
        ["web"]
    );
    assert_eq!(
        page.texts("section[aria-label=Exceptions] td").await[..2],
        ["IoError", "4"]
    );
    page.click("section[aria-label=Callers] td a").await;
    page.until("return location.pathname.endsWith('/service/web')")
        .await;
    page.until(
        "return document.querySelector('section[aria-label=Callees] td')?.textContent === 'shop'",
    )
    .await;
    page.close("service_of_caller").await;
}

#[tokio::test]
async fn tables_and_charts_are_used_by_keyboard() {
    let backend = Backend::start();
    shop_over_time(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url()).await;
    let focus = async |selector: &str| {
        let script = "document.querySelector(arguments[0]).focus()";
        page.script(script, json!([selector])).await;
    };
    let first = async |name: &str| {
        page.until(&format!("return document.querySelector('[aria-label=Operations] tbody td').textContent === '{name}'")).await;
    };
    focus("[aria-label=Operations] th:nth-child(7) button").await;
    page.press(Key::Enter).await;
    first("GET /cart").await;
    page.press(Key::Enter).await;
    first("GET /rates").await;
    focus("section[aria-label=Rate] .reach").await;
    page.press(Key::End).await;
    page.press(Key::Left).await;
    let step = "const { ariaValueNow, ariaValueMax } = document.activeElement; return ariaValueMax - ariaValueNow";
    assert_eq!(page.script(step, json!([])).await, 1);
    let said = page
        .attribute("section[aria-label=Rate] .reach", "aria-valuetext")
        .await;
    assert!(
        said.as_deref().is_some_and(|said| said.contains("spans: ")),
        "{said:?}"
    );
    page.look("service_keyboard").await;
    page.press(Key::Enter).await;
    page.until("return new URL(location).searchParams.get('lookback') === 'custom'")
        .await;
    page.close("service_to_search").await;
}

#[tokio::test]
async fn the_map_and_a_trace_lead_to_the_service() {
    let backend = Backend::start();
    let trace = backend.send(&traced("GET /cart", 0, 10));
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.click(".title a.service").await;
    page.until("return document.querySelector('.service-page h1')?.textContent === 'web'")
        .await;
    page.go(&format!("{}/dependencies", backend.url())).await;
    // The map is drawn again when the latencies have come.
    page.until("return /ms/.test(document.querySelector('.edges td:nth-child(7)')?.textContent)")
        .await;
    page.click(".graph [data-name=shop]").await;
    page.click(".popup a[href*='/service/']").await;
    page.until("return document.querySelector('.service-page h1')?.textContent === 'shop' && document.querySelector('[aria-label=Operations] td')?.textContent === 'GET /cart'").await;
    page.close("service_from_map").await;
}

#[tokio::test]
async fn a_service_without_requests_says_so() {
    let backend = Backend::start();
    backend.send(&[
        Span::new(1, "shop", "a"),
        Span::new(2, "worker", "step").below(1),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/service/worker?lookback=5m", backend.url()))
        .await;
    page.wait(".service-page .state").await;
    page.look("service_nothing").await;
    page.click(".service-page .state a").await;
    page.wait("[aria-label=Operations] td").await;
    page.close("service_all_spans").await;
}

#[tokio::test]
async fn without_traceql_the_page_offers_what_there_is() {
    let backend = Backend::start();
    backend.send(&traced("GET /cart", 0, 10));
    let page = Browser::open(View::Wide).await;
    let url = proxy::without_tempo(backend.url());
    page.go(&format!("{url}/service/shop")).await;
    page.wait(".service-page .banner").await;
    assert_eq!(
        page.texts("section[aria-label=Operations] li").await,
        ["GET /cart"]
    );
    assert_eq!(
        page.texts("section[aria-label=Callers] li").await,
        ["web 1 call"]
    );
    page.look("service_jaeger").await;
    page.click("section[aria-label=Operations] a").await;
    page.until("return document.querySelectorAll('.result:not(.header)').length === 1")
        .await;
    // Chromium itself reports in the console that an answer was 404.
    page.quit().await;
}
