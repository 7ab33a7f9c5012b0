//! Tests of the rows of a trace: the tree, the time, the keyboard.

use browser_tests::{Backend, Browser, View, proxy};
use fantoccini::key::Key;
use serde_json::json;

use crate::traces::{pairs, shop};

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
        &format!("Trace ID{trace}"),
    ] {
        assert!(facts.contains(fact), "{fact:?} is not in {facts:?}");
    }
    assert_eq!(page.texts(".row.error .operation").await, ["UPDATE cart"]);
    page.until(
        "return document.querySelector('.row.error .note').textContent === 'it did not work'",
    )
    .await;
    let names = "return [...document.querySelectorAll('.row')].map(({ ariaLabel }) => ariaLabel.replace(/\\s/g, ' '))";
    assert_eq!(
        page.script(names, json!([])).await,
        json!([
            "GET /cart, shop, 100 ms, server, starts at 0 µs, on the critical path",
            "load cart, 40 ms, shop, internal, starts at 5 ms, on the critical path",
            "SELECT cart, store, 20 ms, retry, client, starts at 10 ms, on the critical path",
            "UPDATE cart, store, 30 ms, it did not work, internal, starts at 60 ms, error, on the critical path",
        ]),
        "the name of a row begins with what it shows"
    );
    page.close("trace").await;
}

/// The visible names, once there are so many rows.
async fn names(page: &Browser, count: usize) -> Vec<String> {
    page.until(&format!(
        "return document.querySelectorAll('.row').length === {count}"
    ))
    .await;
    page.texts(".row .operation").await
}

#[tokio::test]
async fn spans_are_collapsed_by_pointer_level_and_key() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    names(&page, 4).await;
    page.click(".row[aria-label^='load cart'] .toggle").await;
    assert_eq!(
        names(&page, 3).await,
        ["GET /cart", "load cart", "UPDATE cart"]
    );
    assert_eq!(
        page.attribute(".row[aria-label^='load cart']", "aria-expanded")
            .await
            .as_deref(),
        Some("false")
    );
    assert_eq!(
        page.attribute(".row[aria-label^='load cart'] .name", "data-hidden")
            .await
            .as_deref(),
        Some("+1")
    );
    page.press_all("}").await;
    names(&page, 4).await;
    page.press_all("[").await;
    assert_eq!(
        names(&page, 3).await,
        ["GET /cart", "load cart", "UPDATE cart"]
    );
    page.press_all("[").await;
    assert_eq!(names(&page, 1).await, ["GET /cart"]);
    page.press_all("]").await;
    names(&page, 3).await;
    page.click("[aria-label^='Expand all']").await;
    names(&page, 4).await;
    page.click("[aria-label^='Collapse all']").await;
    names(&page, 1).await;
    page.close("collapsed").await;
}

#[tokio::test]
async fn the_keyboard_goes_through_the_tree() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    names(&page, 4).await;
    let cursor = async || page.text(".row.cursor .operation").await;
    page.press_all("jj").await;
    assert_eq!(cursor().await, "SELECT cart");
    page.press(Key::Left).await;
    assert_eq!(cursor().await, "load cart", "to the parent");
    page.press(Key::Left).await;
    assert_eq!(names(&page, 3).await.len(), 3, "collapsed");
    page.press(Key::Right).await;
    names(&page, 4).await;
    page.press(Key::End).await;
    assert_eq!(cursor().await, "UPDATE cart");
    page.press(Key::Home).await;
    assert_eq!(cursor().await, "GET /cart");
    let active = page.attribute("#spans", "aria-activedescendant").await;
    let row = page.attribute(".row.cursor", "id").await;
    assert_eq!(active, row, "a screen reader is told which row it is");
    page.press(Key::Enter).await;
    assert_eq!(page.text(".details h2").await, "GET /cart");
    page.close("keyboard").await;
}

#[tokio::test]
async fn the_keys_are_listed() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    page.go(&backend.trace_url(&trace)).await;
    names(&page, 4).await;
    page.press_all("?").await;
    let keys = page.text("dialog .keys").await;
    assert!(keys.contains("Previous, next"), "{keys}");
    let listed = page.texts("dialog kbd").await;
    for key in ["↑", "[", "}", "/", "n", "e", "c", "+", "0", "4"] {
        assert!(
            listed.iter().any(|kbd| kbd == key),
            "{key} is not in {listed:?}"
        );
    }
    page.look("keys").await;
    page.press(Key::Escape).await;
    page.until("return !document.querySelector('dialog')").await;
    page.close("keys_closed").await;
}

#[tokio::test]
async fn the_minimap_and_the_axis_zoom() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    names(&page, 4).await;
    let ticks = async || page.texts(".axis span").await;
    let whole = ticks().await;
    assert_eq!(whole.first().map(String::as_str), Some("0\u{202f}ms"));
    page.drag(".minimap", 0.5, 0.75).await;
    page.until("return document.querySelector('.axis span').textContent.startsWith('5')")
        .await;
    assert_eq!(
        page.attribute(".minimap .handle", "aria-valuenow")
            .await
            .as_deref(),
        Some("50")
    );
    page.look("zoomed").await;
    page.drag(".minimap .grip", 0.5, 0.0).await;
    page.until(
        "return document.querySelector('.minimap .handle').getAttribute('aria-valuenow') === '38'",
    )
    .await;
    page.drag(".minimap .grip", 0.5, 1.0).await;
    page.until(
        "return document.querySelector('.minimap .handle').getAttribute('aria-valuenow') === '50'",
    )
    .await;
    page.drag(".axis", 0.25, 0.5).await;
    page.until("return Number(document.querySelector('.minimap .handle').getAttribute('aria-valuenow')) === 56").await;
    page.press_all("0").await;
    page.until("return document.querySelector('.minimap .window').classList.contains('whole')")
        .await;
    page.press_all("+").await;
    page.until(
        "return document.querySelector('.minimap .handle').getAttribute('aria-valuenow') === '25'",
    )
    .await;
    page.press_all("d").await;
    page.until(
        "return document.querySelector('.minimap .handle').getAttribute('aria-valuenow') === '35'",
    )
    .await;
    page.press_all("0").await;
    page.until("return document.querySelector('.minimap .window').classList.contains('whole')")
        .await;
    assert_eq!(ticks().await, whole);
    page.close("whole").await;
}

#[tokio::test]
async fn only_the_rows_in_view_exist_and_scrolling_brings_others() {
    let backend = Backend::start();
    let trace = backend.send(&pairs(1500));
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".trace:not(.preview) .row[aria-label^='batch']")
        .await;
    let nodes = page
        .script(
            "return document.getElementsByTagName('*').length",
            json!([]),
        )
        .await;
    assert!(
        nodes.as_u64().is_some_and(|nodes| nodes <= 500),
        "{nodes} nodes"
    );
    page.press(Key::End).await;
    page.wait(".row[aria-label^='write 1499']").await;
    assert_eq!(page.count(".row[aria-label^='batch']").await, 0);
    page.close("scrolled").await;
}

#[tokio::test]
async fn kind_events_and_errors_stand_beside_their_bars() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    assert_eq!(names(&page, 4).await.len(), 4);
    let kind = async |row: &str| {
        page.attribute(&format!(".row[aria-label^='{row}'] .kind"), "title")
            .await
    };
    assert_eq!(kind("GET").await.as_deref(), Some("server"));
    assert_eq!(kind("SELECT").await.as_deref(), Some("client"));
    page.until("return document.querySelector(\".row[aria-label^='SELECT'] .note\").textContent === 'retry'").await;
    page.until(
        "return document.querySelector('.row.error .note').textContent === 'it did not work'",
    )
    .await;
    assert_eq!(page.text(".row.error .duration").await, "30\u{202f}ms");
    let path = page.script("return getComputedStyle(document.querySelector('.row .bar'), '::before').backgroundImage", json!([])).await;
    assert_ne!(path, "none", "the root has its part of the critical path");
    page.close("beside").await;
}

#[tokio::test]
async fn the_span_of_a_deep_link_comes_first() {
    let backend = Backend::start();
    let trace = backend.send(&pairs(2500));
    let (base, more) = proxy::in_pieces(backend.url());
    let page = Browser::open(View::Wide).await;
    // "write 2400", which begins after most of the others.
    let url = format!("{base}/trace/{trace}?uiFind={:x}", 4803);
    page.go(&url).await;
    more.send(64 * 1024).unwrap();
    let shown = page.text(".preview .row.selected .operation").await;
    assert_eq!(shown, "write 2400");
    let said = page.text(".preview .facts").await;
    assert!(said.ends_with(" of 5,001 spans"), "{said}");
    page.look("span_has_come").await;
    drop(more);
    assert_eq!(page.text(".details h2").await, "write 2400");
    assert_eq!(page.count(".preview").await, 0);
    let selected = page.texts(".row.selected .operation").await;
    assert_eq!(selected, ["write 2400"]);
    page.close("span_and_all").await;
}

#[tokio::test]
async fn keys_go_on_where_the_eyes_are() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 2)).await;
    page.until("return document.querySelector('.details h2')?.textContent === 'load cart'")
        .await;
    page.script("document.getElementById('spans').focus()", json!([]))
        .await;
    page.press(Key::Down).await;
    page.until("return document.querySelector('.details h2').textContent === 'SELECT cart'")
        .await;
    // Another view handles keys at once.
    page.press_all("3").await;
    page.until("return document.activeElement.matches('.table')")
        .await;
    page.press(Key::Down).await;
    page.press_all("1").await;
    page.until("return document.activeElement.id === 'spans'")
        .await;
    // A checkbox and a select leave keys to the list.
    page.go(&format!("{}/search", backend.url())).await;
    page.wait(".result:not(.header)").await;
    for control in [".result input", "[aria-label=Order]"] {
        page.script(
            "document.querySelector(arguments[0]).focus()",
            json!([control]),
        )
        .await;
        page.press_all("j").await;
        page.until("return document.activeElement.matches('.result a')")
            .await;
    }
    page.close("keys_on").await;
}
