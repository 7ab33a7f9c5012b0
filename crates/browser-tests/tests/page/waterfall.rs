//! The page of one trace: its head, its rows, its details.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::json;

/// A request through two services, one of its spans failed.
fn shop() -> Vec<Span> {
    vec![
        Span::new(1, "shop", "GET /cart").lasting(100),
        Span::new(2, "shop", "load cart").below(1).at(5).lasting(40),
        Span::new(3, "store", "SELECT cart")
            .below(2)
            .at(10)
            .lasting(20)
            .with("db.rows", json!({ "intValue": "3" }))
            .with("db.cached", json!({ "boolValue": false }))
            .event("retry", 4),
        Span::new(4, "store", "UPDATE cart")
            .below(1)
            .at(60)
            .lasting(30)
            .failed(),
    ]
}

#[tokio::test]
async fn a_trace_is_shown_with_its_head_and_its_rows() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    assert_eq!(page.text(".title .service").await, "shop");
    assert_eq!(page.text(".title .operation").await, "GET /cart");
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    assert_eq!(
        page.texts(".row .operation").await,
        ["GET /cart", "load cart", "SELECT cart", "UPDATE cart"]
    );
    assert_eq!(
        page.texts(".row .service").await,
        ["shop", "", "store", "store"],
        "a service is named where it changes"
    );
    let facts = page.texts(".facts div").await.join("|");
    for fact in [
        "Duration100\u{202f}ms",
        "Spans4",
        "Services2",
        "Depth3",
        "Errors1",
        &format!("Trace{trace}"),
    ] {
        assert!(facts.contains(fact), "{fact:?} is not in {facts:?}");
    }
    assert_eq!(page.texts(".row.error .operation").await, ["UPDATE cart"]);
    page.close("trace").await;
}

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
    page.picture("details").await;
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
