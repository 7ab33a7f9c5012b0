//! Tests of filters and of the search within a trace.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;

use crate::traces::{pairs, shop};

async fn rows(page: &Browser, names: &[&str]) {
    let wanted = serde_json::json!(names);
    page.until(&format!(
        "return JSON.stringify([...document.querySelectorAll('.row .operation')].map((node) => node.textContent)) === '{wanted}'"
    ))
    .await;
}

#[tokio::test]
async fn errors_a_service_or_the_critical_path_alone_are_shown() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    rows(
        &page,
        &["GET /cart", "load cart", "SELECT cart", "UPDATE cart"],
    )
    .await;
    page.press_all("e").await;
    rows(&page, &["GET /cart", "UPDATE cart"]).await;
    assert_eq!(
        page.texts(".row.dim .operation").await,
        ["GET /cart"],
        "what leads to it is pale"
    );
    page.look("only_errors").await;
    page.press_all("e").await;
    page.click(".legend button[title='Only store']").await;
    rows(
        &page,
        &["GET /cart", "load cart", "SELECT cart", "UPDATE cart"],
    )
    .await;
    assert_eq!(
        page.texts(".row.dim .operation").await,
        ["GET /cart", "load cart"]
    );
    page.click(".legend button[title='Only store']").await;
    page.press_all("c").await;
    page.until("return document.querySelector('.filters [aria-pressed=true]').textContent.startsWith('Critical path')").await;
    page.close("critical_path").await;
}

#[tokio::test]
async fn text_is_found_in_names_attributes_events_and_ids() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    rows(
        &page,
        &["GET /cart", "load cart", "SELECT cart", "UPDATE cart"],
    )
    .await;
    let found = async |text: &str, count: &str| {
        page.press(Key::Escape).await;
        page.press_all("/").await;
        page.insert(text).await;
        page.until(&format!(
            "return document.querySelector('.find output').textContent === '{count}'"
        ))
        .await;
    };
    found("CART", "1 of 4").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.find output').textContent === '2 of 4'")
        .await;
    page.press(Key::Escape).await;
    page.press_all("n").await;
    page.until(
        "return document.querySelector('.row.current .operation').textContent === 'SELECT cart'",
    )
    .await;
    page.press_all("N").await;
    page.until(
        "return document.querySelector('.row.current .operation').textContent === 'load cart'",
    )
    .await;
    page.look("found").await;
    for (text, count) in [
        ("db.rows=3", "1 of 1"),
        ("retry", "1 of 1"),
        ("it did not work", "1 of 1"),
        ("0000000000000004", "1 of 1"),
        ("test-host", "1 of 4"),
        ("nowhere", "none"),
    ] {
        found(text, count).await;
    }
    page.until("return new URL(location).searchParams.get('uiFind') === 'nowhere'")
        .await;
    page.close("found_nowhere").await;
}

#[tokio::test]
async fn a_search_in_the_address_is_made_and_goes_to_rows_out_of_view() {
    let backend = Backend::start();
    let trace = backend.send(&pairs(400));
    let page = Browser::open(View::Dark).await;
    page.go(&format!("{}?uiFind=write%20399", backend.trace_url(&trace)))
        .await;
    page.wait(".row.current[aria-label^='write 399']").await;
    assert_eq!(page.text(".find output").await, "1 of 1");
    page.close("found_by_address").await;
}

#[tokio::test]
async fn filters_and_zoom_are_in_the_address_and_can_be_cleared() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    let all = ["GET /cart", "load cart", "SELECT cart", "UPDATE cart"];
    rows(&page, &all).await;
    page.type_into(".least", "35ms").await;
    page.press(Key::Enter).await;
    rows(&page, &["GET /cart", "load cart"]).await;
    page.script("document.activeElement.blur()", serde_json::json!([]))
        .await;
    page.press_all("e+").await;
    page.until("return !document.querySelector('.nothing').hidden")
        .await;
    page.look("filtered_out").await;
    let url = page.url().await;
    for part in ["only=errors", "min=35ms", "zoom="] {
        assert!(url.contains(part), "{part} is not in {url}");
    }
    page.go(&url).await;
    page.until("return document.querySelector('.nothing')?.hidden === false")
        .await;
    assert_eq!(
        page.attribute(".minimap .handle", "aria-valuenow")
            .await
            .as_deref(),
        Some("25")
    );
    page.click(".nothing button").await;
    rows(&page, &all).await;
    page.click(".reset").await;
    page.until("return location.search === ''").await;
    page.press_all("E").await;
    page.until("return document.querySelector('.details h2')?.textContent === 'UPDATE cart'")
        .await;
    page.close("next_error").await;
}

#[tokio::test]
async fn what_is_found_is_marked_in_every_view() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!(
        "{}?view=statistics&uiFind=SELECT",
        backend.trace_url(&trace)
    ))
    .await;
    page.until("return document.querySelectorAll('.table .row.matched').length === 1")
        .await;
    page.press_all("2").await;
    page.until("return document.querySelector('.flame-status')?.textContent.startsWith('store: SELECT cart')").await;
    page.press_all("5").await;
    page.until(
        "return document.querySelector('[aria-label=Events] .row')?.textContent.includes('retry')",
    )
    .await;
    page.look("events").await;
    page.click("[aria-label=Events] .row").await;
    page.until("return document.querySelector('.details h2')?.textContent === 'SELECT cart'")
        .await;
    // A group of the statistics leads to its spans, and back.
    page.press(Key::Escape).await;
    page.press_all("4").await;
    page.until(
        "return [...document.querySelectorAll('[aria-label=Statistics] .row')].length === 4",
    )
    .await;
    page.script("[...document.querySelectorAll('.table .row')].find(({ textContent }) => textContent.includes('UPDATE')).click()", serde_json::json!([])).await;
    page.until(
        "return document.querySelector('.condition')?.textContent === 'store: UPDATE cart ✕'",
    )
    .await;
    page.script("history.back()", serde_json::json!([])).await;
    page.until("return document.querySelector('[role=tab][aria-selected=true]')?.textContent === 'Statistics'").await;
    page.close("statistics_back").await;
}

#[tokio::test]
async fn spans_that_are_alike_are_one_line_until_they_are_unfolded() {
    let backend = Backend::start();
    let mut spans = vec![Span::new(1, "shop", "GET /cart").lasting(700)];
    for id in 2..62_u32 {
        let query = Span::new(id, "shop", "SELECT cart")
            .below(1)
            .at(i64::from(id) * 10)
            .lasting(9)
            .kind(3);
        spans.push(query.with(
            "db.system.name",
            serde_json::json!({ "stringValue": "postgresql" }),
        ));
    }
    let trace = backend.send(&spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    rows(&page, &["GET /cart", "SELECT cart"]).await;
    assert_eq!(
        page.attribute(".row.alike .name", "data-hidden")
            .await
            .as_deref(),
        Some("×60")
    );
    page.until("return document.querySelector('.row.alike .beside').textContent === '540\u{202f}ms in 60 the same query per item (N+1)?'").await;
    page.look("alike").await;
    page.press(Key::Down).await;
    page.press(Key::Right).await;
    page.until("return document.querySelectorAll('.row').length > 20")
        .await;
    page.press(Key::Left).await;
    rows(&page, &["GET /cart", "SELECT cart"]).await;
    page.go(&backend.span_url(&trace, 40)).await;
    page.until("return document.querySelector('.row.selected')?.id === 'row-39'")
        .await;
    page.close("alike_unfolded").await;
}
