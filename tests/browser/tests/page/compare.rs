//! Tests of the comparison of two traces.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::json;

use crate::traces::shop;

/// The shop's trace with a slower root, one more call, and another value of an attribute.
fn slower_shop() -> Vec<Span> {
    let mut spans = shop();
    spans[0] = spans[0].clone().lasting(150);
    spans[2] = spans[2]
        .clone()
        .with("db.replica", json!({ "stringValue": "second" }))
        .failed();
    spans.push(
        Span::new(5, "store", "DELETE cart")
            .below(1)
            .at(95)
            .lasting(2),
    );
    spans
}

#[tokio::test]
async fn two_traces_are_compared() {
    let backend = Backend::start();
    let a = backend.send(&shop());
    let b = backend.send(&slower_shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&a)).await;
    page.click(".menu summary").await;
    page.look("menu").await;
    page.click(".menu button:last-of-type").await;
    page.type_into("dialog input", &b).await;
    page.press(Key::Enter).await;
    page.wait(".compare .row").await;
    page.until("return location.pathname.includes('...')").await;
    let rows = page.texts(".compare .row").await.join("\n");
    assert!(rows.contains("+50\u{202f}ms×1.50"), "{rows}");
    assert!(rows.contains("DELETE cartonly in B"), "{rows}");
    page.close("compare").await;
}

#[tokio::test]
async fn a_call_path_leads_to_its_spans_and_says_which_attributes_differ() {
    let backend = Backend::start();
    let a = backend.send(&shop());
    let b = backend.send(&slower_shop());
    for (view, name) in [
        (View::Wide, "compare_path"),
        (View::Dark, "compare_path_dark"),
        (View::Phone, "compare_path_phone"),
    ] {
        let page = Browser::open(view).await;
        page.go(&format!("{}...{b}", backend.trace_url(&a))).await;
        page.wait(".compare .row").await;
        page.script(
            "document.querySelector('.compare .table').focus()",
            json!([]),
        )
        .await;
        page.press(Key::Down).await;
        page.press(Key::Down).await;
        page.press(Key::Enter).await;
        assert_eq!(page.text(".compare .details h2").await, "SELECT cart");
        let rows = page.texts(".differences tbody tr").await;
        assert!(rows.contains(&"db.replica–second".to_owned()), "{rows:?}");
        assert!(
            !rows.iter().any(|row| row.starts_with("db.rows")),
            "{rows:?}"
        );
        page.look(name).await;
        page.click(".compare .details section:nth-of-type(2) a")
            .await;
        page.wait(".trace .details h2").await;
        assert!(page.url().await.contains(&b));
        page.close(&format!("{name}_span")).await;
    }
}

#[tokio::test]
async fn a_trace_is_compared_with_the_median_of_its_operation() {
    let backend = Backend::start();
    let root = |lasting| [Span::new(1, "shop", "GET /cart").kind(2).lasting(lasting)];
    let slow = backend.send(&root(900));
    for lasting in [10, 30, 20] {
        backend.send(&root(lasting));
    }
    backend.send(&[Span::new(1, "shop", "GET /other").lasting(25)]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&slow)).await;
    page.click(".menu summary").await;
    page.click(".menu [data-action=median]").await;
    page.wait(".compare .row").await;
    assert!(page.url().await.ends_with(&format!("{slow}...median")));
    let note = page.text(".sides .note").await;
    assert!(
        note.starts_with("The median by duration of 3 traces"),
        "{note}"
    );
    let row = page.text(".compare .row").await;
    assert!(row.contains("900\u{202f}ms20\u{202f}ms"), "{row}");
    page.close("compare_median").await;
}

#[tokio::test]
async fn the_only_trace_of_its_operation_has_no_median() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}...median", backend.trace_url(&trace)))
        .await;
    let said = page.text(".state").await;
    assert!(said.contains("no other trace of shop: GET /cart"), "{said}");
    page.close("compare_no_median").await;
}
