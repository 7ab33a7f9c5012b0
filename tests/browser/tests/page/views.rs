//! Tests of the other views of a trace.

use browser_tests::{Backend, Browser, View};
use fantoccini::key::Key;

use crate::traces::shop;

#[tokio::test]
async fn the_views_are_tabs_and_in_the_address() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.click("[role=tab][data-view=flame]").await;
    page.wait(".flame canvas").await;
    page.until("return location.search === '?view=flame'").await;
    page.look("flame").await;
    page.press(Key::Right).await;
    page.wait(".table .row").await;
    assert_eq!(page.text("[role=tab][aria-selected=true]").await, "Table");
    page.press(Key::Right).await;
    page.wait("[aria-label='Statistics'] .row").await;
    page.go(&format!("{}?view=statistics", backend.trace_url(&trace)))
        .await;
    page.wait("[aria-label='Statistics'] .row").await;
    page.press_all("1").await;
    page.wait(".waterfall .row").await;
    page.close("timeline").await;
}

#[tokio::test]
async fn the_flame_graph_is_used_by_keyboard() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    page.go(&format!("{}?view=flame", backend.trace_url(&trace)))
        .await;
    page.wait(".flame canvas").await;
    page.script(
        "document.querySelector('.flame').focus()",
        serde_json::json!([]),
    )
    .await;
    page.press(Key::Down).await;
    page.until(
        "return document.querySelector('.flame-status').textContent.startsWith('shop: GET /cart')",
    )
    .await;
    page.press(Key::Down).await;
    page.until(
        "return document.querySelector('.flame-status').textContent.startsWith('shop: load cart')",
    )
    .await;
    page.press(Key::Right).await;
    page.until("return document.querySelector('.flame-status').textContent.includes('UPDATE cart · 1 span · total 30')").await;
    page.close("flame_dark").await;
}

#[tokio::test]
async fn the_table_is_sorted_and_opens_a_span() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}?view=table", backend.trace_url(&trace)))
        .await;
    let first = async |name: &str| {
        page.until(&format!("return document.querySelector('.table .row [role=gridcell]:nth-child(2)')?.textContent === '{name}'")).await;
    };
    first("GET /cart").await;
    page.click(".table-head [role=columnheader]:nth-child(5) button")
        .await;
    first("SELECT cart").await;
    assert_eq!(
        page.attribute(".table-head [role=columnheader]:nth-child(5)", "aria-sort")
            .await
            .as_deref(),
        Some("ascending")
    );
    page.script(
        "document.querySelector('.table').focus()",
        serde_json::json!([]),
    )
    .await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    assert_eq!(page.text(".details h2").await, "UPDATE cart");
    page.close("table").await;
}

#[tokio::test]
async fn statistics_are_by_operation_or_service() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}?view=statistics", backend.trace_url(&trace)))
        .await;
    page.until("return document.querySelectorAll('.table .row').length === 4")
        .await;
    let own = page.text(".table .row [role=gridcell]:nth-child(5)").await;
    assert_eq!(own, "30\u{202f}ms", "100 ms less the 70 ms of its children");
    page.click(".option input").await;
    page.until("return document.querySelectorAll('.table .row').length === 2")
        .await;
    page.look("statistics").await;
    page.click(".option input").await;
    page.click(".table .row").await;
    page.wait("[aria-label='Spans'] .row").await;
    page.close("statistics_to_table").await;
}
