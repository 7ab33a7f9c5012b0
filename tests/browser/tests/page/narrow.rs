//! Narrowing of a search by what is shown of it: charts, groups, differences; and the ways from its
//! results to the pages of services.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::{Value, json};

/// Twelve requests, one each ten seconds, to two services by turns; every third fails.
fn send_requests(backend: &Backend) {
    for at in 0..12_i64 {
        let service = if at % 2 == 0 { "shop" } else { "store" };
        let mut span = Span::new(1, service, "GET /cart").at(-10_000 * at).with(
            "zone",
            json!({ "stringValue": if at < 4 { "a" } else { "b" } }),
        );
        if at % 3 == 0 {
            span = span.failed();
        }
        backend.send(&[span]);
    }
}

async fn open(page: &Browser, backend: &Backend, parameters: &str) {
    page.go(&format!("{}/search?{parameters}", backend.url()))
        .await;
    totals(page, "12 spans match, 4 failed").await;
}

async fn totals(page: &Browser, text: &str) {
    page.until(&format!(
        "return document.querySelector('.totals')?.textContent === '{text}'"
    ))
    .await;
}

async fn parameter(page: &Browser, name: &str) -> Value {
    let script = "return new URL(location).searchParams.get(arguments[0])";
    page.script(script, json!([name])).await
}

async fn focus(page: &Browser, selector: &str) {
    page.wait(selector).await;
    page.script(
        "document.querySelector(arguments[0]).focus()",
        json!([selector]),
    )
    .await;
}

/// The length of the window in the address, in seconds.
async fn seconds(page: &Browser) -> Value {
    page.until("return new URL(location).searchParams.get('lookback') === 'custom'")
        .await;
    let script = "const { searchParams } = new URL(location); return (searchParams.get('end') - searchParams.get('start')) / 1e6";
    page.script(script, json!([])).await
}

#[tokio::test]
async fn a_chart_narrows_the_time_by_keys_and_by_a_click() {
    let backend = Backend::start();
    send_requests(&backend);
    let page = Browser::open(View::Wide).await;
    // Steps of fifteen seconds.
    open(&page, &backend, "lookback=15m").await;
    let rate = ".time-chart[aria-label=Spans] .reach";
    focus(&page, rate).await;
    page.press(Key::End).await;
    let mut keys = vec![Key::Shift];
    keys.extend([Key::Left; 3]);
    page.press_all(&keys.into_iter().map(char::from).collect::<String>())
        .await;
    let marked = "const band = document.querySelector('.time-chart .region'); return band.hidden ? 0 : Math.round(60 * parseFloat(band.style.width) / 100)";
    assert!(page.script(marked, json!([])).await.as_i64() >= Some(3));
    page.look("chart_marked").await;
    page.press(Key::Escape).await;
    assert_eq!(page.script(marked, json!([])).await, 0, "nothing is marked");
    page.press(Key::End).await;
    let mut keys = vec![Key::Shift];
    keys.extend([Key::Left; 3]);
    page.press_all(&keys.into_iter().map(char::from).collect::<String>())
        .await;
    page.press(Key::Enter).await;
    assert_eq!(seconds(&page).await, 60);
    page.script("history.back()", json!([])).await;
    totals(&page, "12 spans match, 4 failed").await;
    page.click(rate).await;
    assert_eq!(seconds(&page).await, 15);
    totals(&page, "0 spans match").await;
    page.close("chart_narrowed").await;
}

#[tokio::test]
async fn a_group_is_left_out_by_its_menu() {
    let backend = Backend::start();
    send_requests(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, &backend, "view=groups&by=resource.service.name").await;
    focus(&page, ".grouped .table").await;
    page.press_all("m").await;
    page.until("return document.activeElement.textContent === 'Only these spans'")
        .await;
    page.look("group_menu").await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    totals(&page, "6 spans match, 2 failed").await;
    let q = parameter(&page, "q").await;
    assert!(
        q == "{ !(resource.service.name = \"shop\") }"
            || q == "{ !(resource.service.name = \"store\") }",
        "{q}"
    );
    assert_eq!(
        parameter(&page, "view").await,
        "groups",
        "the groups that are left"
    );
    page.until("return document.querySelectorAll('.grouped .row').length === 1")
        .await;
    page.click(".grouped .more").await;
    let script = "return [...document.querySelectorAll('.popup [role=menuitem]')].map(({ textContent }) => textContent)";
    let items = page.script(script, json!([])).await;
    assert!(
        items[2]
            .as_str()
            .is_some_and(|item| item.starts_with("Page of s")),
        "{items}"
    );
    page.press_all(
        &[Key::Down, Key::Down, Key::Enter]
            .map(char::from)
            .iter()
            .collect::<String>(),
    )
    .await;
    page.wait(".service-page h1").await;
    page.close("group_to_service").await;
}

#[tokio::test]
async fn a_value_is_left_out_of_differences() {
    let backend = Backend::start();
    send_requests(&backend);
    let page = Browser::open(View::Wide).await;
    let chosen = "view=differences&chosen=%7B%20status%20%3D%20error%20%7D";
    open(&page, &backend, chosen).await;
    page.click("[aria-label='Exclude span.zone = a']").await;
    totals(&page, "8 spans match, 2 failed").await;
    assert_eq!(parameter(&page, "q").await, "{ !(span.zone = \"a\") }");
    assert_eq!(parameter(&page, "view").await, "differences");
    page.until("return document.querySelector('.bar .note')?.textContent === 'Errors: 2 spans, compared with 6 others'").await;
    page.close("value_excluded").await;
}

#[tokio::test]
async fn results_lead_to_the_pages_of_their_services() {
    let backend = Backend::start();
    backend.send(&[
        Span::new(1, "shop", "GET /cart").kind(2),
        Span::new(2, "store", "SELECT").below(1),
        Span::new(3, "store", "SELECT").below(1),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    page.click(".result .services").await;
    let items = page.texts(".popup [role=menuitem]").await;
    assert_eq!(items, ["store: 2 spans", "shop: 1 span"]);
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    page.until("return location.pathname.endsWith('/service/shop')")
        .await;
    page.wait(".service-page h1").await;
    page.close("result_to_service").await;
}
