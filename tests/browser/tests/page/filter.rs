//! What of a trace is shown, and what is found in it.

use browser_tests::{Backend, Browser, View};
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
