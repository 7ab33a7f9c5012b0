//! The questions for which people open such a page, answered by clicks on what it offers, on data in
//! which the answer is planted. The numbers on the way are those that were sent.

use browser_tests::{Backend, Browser, Span, View};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

/// The ages of requests in minutes: before the change, which was ten minutes ago, and since.
const BEFORE: [i64; 5] = [12, 20, 22, 24, 26];
const SINCE: [i64; 4] = [2, 4, 6, 8];

/// Three requests of each kind at each age. Since ten minutes ago version 2 runs: its carts take four
/// times as long, and orders that are paid by `acme` fail.
fn send_shop(backend: &Backend) {
    for (ages, version, cart_ms) in [(&BEFORE[..], "1.0.0", 10), (&SINCE[..], "2.0.0", 40)] {
        for (age, request) in ages.iter().flat_map(|age| (0..3).map(move |n| (age, n))) {
            let at = MINUTE - age * MINUTE + request;
            let span = |id, name: &str| {
                let span = Span::new(id, "shop", name).version(version);
                span.kind(2).at(at)
            };
            let click = Span::new(1, "web", "click").kind(3).at(at).lasting(cart_ms);
            backend.send(&[click, span(2, "GET /cart").below(1).lasting(cart_ms)]);
            let is_acme = request == 0;
            let provider = if is_acme { "acme" } else { "globex" };
            let order =
                span(1, "POST /order").with("pay.provider", json!({ "stringValue": provider }));
            let fails = is_acme && version == "2.0.0";
            backend.send(&[if fails { order.failed() } else { order }]);
            backend.send(&list(at));
        }
    }
    backend.send(&checkout());
}

/// An endpoint that runs a query for each of twenty items.
fn list(at: i64) -> Vec<Span> {
    let root = Span::new(1, "shop", "GET /list").kind(2).at(at).lasting(25);
    let queries = (0..20).map(|item| {
        Span::new(2 + item, "shop", "SELECT item")
            .below(1)
            .kind(3)
            .at(at + i64::from(item))
            .lasting(1)
            .with("db.system.name", json!({ "stringValue": "postgresql" }))
    });
    [root].into_iter().chain(queries).collect()
}

/// A trace of 800 ms, 550 ms of which pass in a check for fraud.
fn checkout() -> [Span; 4] {
    [
        Span::new(1, "web", "POST /checkout").kind(2).lasting(800),
        Span::new(2, "stock", "reserve")
            .below(1)
            .at(20)
            .lasting(100),
        Span::new(3, "payment", "charge")
            .below(1)
            .at(150)
            .lasting(600),
        Span::new(4, "payment", "check fraud")
            .below(3)
            .at(160)
            .lasting(550),
    ]
}

/// Clicks the first element that matches and has exactly this text, when it is there.
async fn click(page: &Browser, selector: &str, text: &str) {
    let find = format!(
        "const node = [...document.querySelectorAll({})].find((node) => node.textContent.trim() === {});
         node?.click();
         return Boolean(node)",
        json!(selector),
        json!(text)
    );
    page.until(&find).await;
}

/// Chooses an entry of a select by its title.
async fn choose(page: &Browser, label: &str, title: &str) {
    page.wait(&format!("select[aria-label='{label}']")).await;
    let script = "const [label, title] = arguments;
        const select = document.querySelector(`select[aria-label='${label}']`);
        select.value = [...select.options].find(({ text }) => text === title).value;
        select.dispatchEvent(new Event('change'))";
    page.script(script, json!([label, title])).await;
}

async fn totals(page: &Browser, text: &str) {
    page.until(&format!(
        "return document.querySelector('.totals')?.textContent === '{text}'"
    ))
    .await;
}

/// The value of an instant query over the last hour.
async fn metric(page: &Browser, query: &str) -> Value {
    let ask = "const [q, done] = arguments;
        fetch(`/tempo/api/metrics/query?${new URLSearchParams({ q, since: '1h' })}`)
            .then((response) => response.json()).then(({ series }) => done(series[0].value))";
    page.script_async(ask, vec![json!(query)]).await
}

async fn open(backend: &Backend) -> Browser {
    let page = Browser::open(View::Wide).await;
    page.go(backend.url()).await;
    page
}

/// From the services to the page of the shop, for the last quarter of an hour.
async fn open_shop(page: &Browser) {
    click(page, "nav a", "Services").await;
    click(page, ".edges a", "shop").await;
    // The map has a time range, too.
    page.wait(".service-page").await;
    choose(page, "Time range", "Last 15 minutes").await;
}

#[tokio::test]
async fn which_operation_became_slower_ten_minutes_ago() {
    let backend = Backend::start();
    send_shop(&backend);
    let page = open(&backend).await;
    open_shop(&page).await;
    page.wait(".changes .slower").await;
    let slower = page.texts(".changes .slower a").await;
    assert_eq!(slower, ["GET /cart"]);
    click(&page, ".changes .slower a", "GET /cart").await;
    totals(&page, "12 spans match").await;
    page.close("question_slower").await;
}

#[tokio::test]
async fn which_attribute_the_failures_share() {
    let backend = Backend::start();
    send_shop(&backend);
    let page = open(&backend).await;
    click(&page, ".view-buttons button", "What is different").await;
    click(&page, ".bar button", "Errors").await;
    page.wait(".attribute").await;
    assert_eq!(page.text(".attribute h3 code").await, "span.pay.provider");
    click(&page, ".attribute .value .name", "acme").await;
    totals(&page, "9 spans match, 4 failed").await;
    let acme = metric(
        &page,
        "{ span.pay.provider = \"acme\" } | count_over_time()",
    )
    .await;
    assert_eq!(acme, 9.0);
    page.close("question_failures").await;
}

#[tokio::test]
async fn which_endpoint_runs_a_query_per_item() {
    let backend = Backend::start();
    send_shop(&backend);
    let page = open(&backend).await;
    click(&page, ".view-buttons button", "Groups").await;
    page.wait(".grouped .row").await;
    let most = "return [...document.querySelector('.grouped .row').children].slice(0, 3).map(({ textContent }) => textContent)";
    let most = page.script(most, json!([])).await;
    assert_eq!(most, json!(["shop", "SELECT item", "540"]));
    let asked = metric(&page, "{ name = \"SELECT item\" } | count_over_time()").await;
    assert_eq!(asked, 540.0);
    click(&page, ".grouped .row > span", "SELECT item").await;
    page.wait(".result:not(.header) a").await;
    let root = page.text(".result:not(.header) .operation").await;
    assert_eq!(root, "GET /list");
    page.click(".result:not(.header) a").await;
    page.until("return document.querySelector('.row.alike .note')?.textContent === 'the same query per item (N+1)?'").await;
    assert_eq!(
        page.attribute(".row.alike .name", "data-hidden")
            .await
            .as_deref(),
        Some("×20")
    );
    page.close("question_query_per_item").await;
}

#[tokio::test]
async fn where_the_time_of_a_trace_goes() {
    let backend = Backend::start();
    send_shop(&backend);
    let page = open(&backend).await;
    choose(&page, "Order", "Longest first").await;
    click(&page, ".result:first-child .operation", "POST /checkout").await;
    click(&page, "[role=tab]", "Statistics").await;
    page.wait("[aria-label=Statistics] .row").await;
    let first = "return [...document.querySelector('[aria-label=Statistics] .row').children].slice(0, 6).map(({ textContent }) => textContent.replace(/\\s/g, ' '))";
    let first = page.script(first, json!([])).await;
    let expected = ["payment", "check fraud", "1", "", "550 ms", "69 %"];
    assert_eq!(first, json!(expected));
    page.close("question_time").await;
}

#[tokio::test]
async fn which_version_of_a_service_is_at_fault() {
    let backend = Backend::start();
    send_shop(&backend);
    let page = open(&backend).await;
    open_shop(&page).await;
    page.wait("section[aria-label=Versions] td").await;
    let rows = "return [...document.querySelectorAll('section[aria-label=Versions] tbody tr')].map((row) => [...row.cells].slice(0, 3).map(({ textContent }) => textContent.replace(/\\s/g, ' ')))";
    let rows = page.script(rows, json!([])).await;
    assert_eq!(
        rows,
        json!([["2.0.0", "24", "17 %"], ["1.0.0", "6", "–"]]),
        "of requests in the last quarter of an hour"
    );
    let of_version = "{ kind = server && resource.service.version = \"2.0.0\"";
    for (condition, count) in [("", 24.0), (" && status = error", 4.0)] {
        let query = format!("{of_version}{condition} }} | count_over_time()");
        assert_eq!(metric(&page, &query).await, count);
    }
    click(
        &page,
        "section[aria-label=Versions] td.failed a",
        "17\u{202f}%",
    )
    .await;
    totals(&page, "4 spans match, 4 failed").await;
    page.close("question_version").await;
}
