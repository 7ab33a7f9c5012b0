//! Log records: on the spans of a trace, below its timeline, and on a page of their own.

use browser_tests::{Backend, Browser, Log, View};
use serde_json::json;

use crate::traces::shop;

/// The texts of the records that are listed.
const TEXTS: &str = ".log-list .text";

/// A trace with log records in two of its spans, and one record outside of it.
fn trace_with_logs(backend: &Backend) -> String {
    let trace = backend.send(&shop());
    backend.send_logs(&[
        Log::new("shop", "begin").within(&trace, 1),
        Log::new("store", "cache missed")
            .at(15)
            .severity(13)
            .within(&trace, 3)
            .with("cache.key", json!({ "stringValue": "cart:7" })),
        Log::new("store", "connection refused at db.rs:12")
            .at(65)
            .severity(17)
            .within(&trace, 3),
        Log::new("bank", "elsewhere"),
    ]);
    trace
}

/// Waits until so many records are listed, and returns their texts.
async fn listed(page: &Browser, number: usize) -> Vec<String> {
    page.until(&format!(
        "return document.querySelectorAll('{TEXTS}').length === {number}"
    ))
    .await;
    page.texts(TEXTS).await
}

#[tokio::test]
async fn a_trace_shows_its_records_on_its_spans_and_below() {
    let backend = Backend::start();
    let trace = trace_with_logs(&backend);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    assert_eq!(page.text(".trace-logs summary").await, "3 log records");
    // A square for each record on its span, at its moment.
    for (row, records) in [("SELECT cart", 2), ("GET /cart", 1), ("load cart", 0)] {
        page.until(&format!(
            "return (document.querySelector(\".row[aria-label^='{row}']\").outerHTML.match(/conic-gradient/g) ?? []).length === {records}"
        ))
        .await;
    }

    page.click(".trace-logs > summary").await;
    assert_eq!(
        listed(&page, 3).await,
        ["begin", "cache missed", "connection refused at db.rs:12"]
    );
    assert_eq!(
        page.text(".log-list li:nth-child(2) time").await,
        "+15\u{202f}ms"
    );
    page.look("trace_logs").await;

    // A click on a span leaves its records, and one on a record shows all of it.
    page.click(".row[aria-label^='SELECT cart']").await;
    listed(&page, 2).await;
    page.click(".log-list li:nth-child(1) details > summary")
        .await;
    assert_eq!(page.texts(".log-whole dt").await[0], "cache.key");
    assert_eq!(page.texts(".log-whole dd").await[0], "cart:7");
    page.click(".log-filter button").await;
    listed(&page, 3).await;

    page.type_into(".log-filter input", "REFUSED").await;
    assert_eq!(listed(&page, 1).await, ["connection refused at db.rs:12"]);
    assert_eq!(page.text(".trace-logs summary").await, "1 of 3 log records");
    page.close("trace_logs_filtered").await;
}

#[tokio::test]
async fn a_trace_without_records_says_nothing_of_them() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row").await;
    assert_eq!(page.count(".trace-logs:not([hidden])").await, 0);
    page.close("trace_without_logs").await;
}

#[tokio::test]
async fn the_page_of_logs_finds_records_and_its_address_says_which() {
    let backend = Backend::start();
    let trace = trace_with_logs(&backend);
    for (view, name) in [
        (View::Wide, "logs"),
        (View::Dark, "logs_dark"),
        (View::Phone, "logs_phone"),
    ] {
        let page = Browser::open(view).await;
        page.go(&format!("{}/logs", backend.url())).await;
        listed(&page, 4).await;
        page.look(name).await;
        page.script(
            "const select = document.querySelector(\"[aria-label='Least severity']\"); select.value = '13'",
            json!([]),
        )
        .await;
        page.click("form.query .primary").await;
        // The newest come first.
        assert_eq!(
            listed(&page, 2).await,
            ["connection refused at db.rs:12", "cache missed"]
        );
        page.type_into("#log-text", "missed").await;
        page.click("form.query .primary").await;
        listed(&page, 1).await;
        page.until("const asked = new URL(location).searchParams; return asked.get('severity') === '13' && asked.get('text') === 'missed'")
            .await;
        page.script("location.reload()", json!([])).await;
        assert_eq!(listed(&page, 1).await, ["cache missed"]);
        page.click(".log-list summary").await;
        page.click(".log-whole a").await;
        page.until(&format!("return location.pathname === '/trace/{trace}'"))
            .await;
        assert_eq!(page.text(".details h2").await, "SELECT cart");
        page.close(&format!("{name}_to_span")).await;
    }
}

#[tokio::test]
async fn more_records_than_fit_are_read_when_asked_for() {
    let backend = Backend::start();
    let logs: Vec<_> = (0..250)
        .map(|number| Log::new("shop", &format!("number {number}")).at(number))
        .collect();
    backend.send_logs(&logs);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/logs", backend.url())).await;
    let texts = listed(&page, 200).await;
    assert_eq!(
        (texts[0].as_str(), texts[199].as_str()),
        ("number 249", "number 50")
    );
    page.click(".logs-page > button").await;
    let texts = listed(&page, 250).await;
    assert_eq!(texts[249], "number 0");
    page.close("more_logs").await;
}

#[tokio::test]
async fn without_records_the_page_says_how_they_come() {
    let backend = Backend::start();
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/logs", backend.url())).await;
    assert!(
        page.text(".log-found")
            .await
            .contains("OTEL_LOGS_EXPORTER=otlp")
    );
    page.close("no_logs").await;
}
