//! Tests of the details of a span.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::traces::shop;

#[tokio::test]
async fn a_click_opens_the_details_and_the_address_follows() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.click(".row[aria-label^='SELECT cart']").await;
    assert_eq!(page.text(".details h2").await, "SELECT cart");
    page.until("return location.search.endsWith('uiFind=0000000000000003')")
        .await;
    let tags = page.texts(".details section:first-of-type .tag").await;
    assert!(tags.contains(&"db.rows3int64".to_owned()), "{tags:?}");
    assert!(tags.contains(&"db.cachedfalsebool".to_owned()), "{tags:?}");
    assert_eq!(page.text(".log time").await, "+4\u{202f}ms");
    assert_eq!(page.text(".log strong").await, "retry");
    assert_eq!(
        page.text(".event-axis span:last-of-type").await,
        "20\u{202f}ms"
    );
    page.look("details").await;
    page.press(Key::Escape).await;
    page.until("return document.querySelector('.details').hidden")
        .await;
    page.close("details_closed").await;
}

#[tokio::test]
async fn a_deep_link_opens_its_span() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 4)).await;
    assert_eq!(page.text(".details h2").await, "UPDATE cart");
    assert_eq!(page.text(".details .failure").await, "it did not work");
    assert_eq!(
        page.texts(".row.selected .operation").await,
        ["UPDATE cart"]
    );
    page.close("deep_link").await;
}

#[tokio::test]
async fn ids_links_and_json_are_copied() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 3)).await;
    page.click(".facts [aria-label='Copy the trace ID']").await;
    assert_eq!(page.clipboard().await, trace);
    page.click(".chips .id").await;
    assert_eq!(page.clipboard().await, "0000000000000003");
    page.click("[aria-label='Copy a link to this span']").await;
    assert_eq!(page.clipboard().await, backend.span_url(&trace, 3));
    page.click("[aria-label='Copy this span as JSON']").await;
    let span: Value = serde_json::from_str(&page.clipboard().await).unwrap();
    assert_eq!(span["operationName"], "SELECT cart");
    assert_eq!(span["logs"][0]["fields"][0]["value"], "retry");
    page.close("copied").await;
}

#[tokio::test]
async fn links_open_and_only_addresses_of_the_web_do() {
    let backend = Backend::start();
    let other = backend.send(&shop());
    let spans = [
        Span::new(1, "shop", "resume").link(&other, 3),
        Span::new(2, "shop", "read")
            .below(1)
            .with(
                "url.full",
                json!({ "stringValue": "https://example.com/a?b=c" }),
            )
            .with("evil", json!({ "stringValue": "javascript:alert(1)" })),
    ];
    let trace = backend.send(&spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 2)).await;
    page.wait(".details .value a").await;
    assert_eq!(
        page.texts(".details .value a").await,
        ["https://example.com/a?b=c"]
    );
    assert_eq!(
        page.attribute(".details .value a", "rel").await.as_deref(),
        Some("noopener noreferrer")
    );
    page.click(".references a").await;
    page.until("return document.querySelector('.details h2').textContent === 'resume'")
        .await;
    page.click(".references a").await;
    page.until("return document.querySelector('.details h2')?.textContent === 'SELECT cart'")
        .await;
    assert_eq!(page.url().await, backend.span_url(&other, 3));
    page.close("link").await;
}

#[tokio::test]
async fn many_attributes_and_long_values_are_shown_in_part() {
    let backend = Backend::start();
    let mut span =
        Span::new(1, "shop", "much").with("long", json!({ "stringValue": "word ".repeat(2000) }));
    for at in 0..2000 {
        span = span.with(&format!("key.{at}"), json!({ "intValue": at.to_string() }));
    }
    let trace = backend.send(&[span]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 1)).await;
    page.wait(".details section:first-of-type .tags > .more")
        .await;
    assert_eq!(page.count(".details section:first-of-type .tag").await, 60);
    page.look("many_attributes").await;
    page.click(".details section:first-of-type .tags > .more")
        .await;
    page.until(
        "return document.querySelectorAll('.details section:first-of-type .tag').length === 2001",
    )
    .await;
    page.script(
        "document.querySelector('.tag .value .more').click()",
        json!([]),
    )
    .await;
    page.until("return document.querySelector('.tag .value').firstChild.length === 10000")
        .await;
    page.quit().await;
}

#[tokio::test]
async fn spans_of_other_traces_that_link_to_this_one_are_named() {
    let backend = Backend::start();
    let sent = backend.send(&[
        Span::new(1, "shop", "POST /order").lasting(50),
        Span::new(2, "shop", "publish").below(1).kind(4),
    ]);
    let taken = backend.send(&[Span::new(1, "worker", "process").kind(5).link(&sent, 2)]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&sent, 2)).await;
    page.until("return document.querySelector('.details')?.textContent.includes('worker: process, in another trace')")
        .await;
    // The scripts that other pages share would be a third more to load.
    let shared = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/shared.js')).length";
    assert_eq!(page.script(shared, json!([])).await, 0);
    page.click(".facts .back-links button").await;
    page.look("back_links").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.title .operation')?.textContent === 'process'")
        .await;
    assert!(page.url().await.contains(&taken));
    page.close("back_links_followed").await;
}
