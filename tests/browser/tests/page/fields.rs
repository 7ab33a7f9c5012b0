//! Tests of the fields that users name: groups and columns.

use browser_tests::{Backend, Browser, Span, View};
use serde_json::json;

/// Sends two traces of different services, with an attribute whose name must be quoted.
fn send(backend: &Backend) {
    for (at, service) in [(0, "cart"), (1000, "stock")] {
        let span = Span::new(1, service, "look").at(at);
        backend.send(&[span.with("shop name", json!({ "stringValue": "corner" }))]);
    }
}

#[tokio::test]
async fn groups_know_a_field_by_all_its_names() {
    let backend = Backend::start();
    send(&backend);
    let page = Browser::open(View::Wide).await;
    for (by, groups) in [
        ("resource.\"service.name\"", vec!["cart", "stock"]),
        (
            "span:name, trace:rootService",
            vec!["look", "cart", "look", "stock"],
        ),
        ("span.\"shop name\"", vec!["corner"]),
        ("span:kind", vec!["internal"]),
    ] {
        page.go(&format!("{}/search?view=groups", backend.url()))
            .await;
        page.wait(".grouped .row").await;
        let ask = "const field = document.getElementById('by');
            field.value = arguments[0];
            field.dispatchEvent(new Event('change'))";
        page.script(ask, json!([by])).await;
        let names = "return [...document.querySelectorAll('.grouped .rows .row')].map((row) =>
            [...row.children].slice(0, arguments[0]).map((cell) => cell.textContent)).sort().flat().join()";
        let fields = by.split(',').count();
        page.until(&format!(
            "return new URL(location).searchParams.get('by') === {} && document.querySelector('.list').ariaBusy === 'false'",
            json!(by)
        ))
        .await;
        let shown = page.script(names, json!([fields])).await;
        assert_eq!(shown, groups.join(","), "{by}");
    }
    page.close("fields_groups").await;
}

#[tokio::test]
async fn columns_of_any_number_and_name_scroll_with_their_header() {
    let backend = Backend::start();
    send(&backend);
    let page = Browser::open(View::Wide).await;
    page.resize(1024, 700).await;
    let columns = "column=name&column=duration&column=span:kind&column=trace:rootName&column=resource.%22service.name%22";
    page.go(&format!("{}/search?{columns}", backend.url()))
        .await;
    page.wait(".result:not(.header) .field-value").await;
    let values = page.texts(".result:not(.header) .field-value").await;
    assert_eq!(
        values.get(..5).unwrap_or_default(),
        ["look", "10\u{202f}ms", "internal", "look", "stock"]
    );
    let scrolled = "const list = document.querySelector('.found-list');
        list.scrollLeft = 1e6;
        const ends = [...list.querySelectorAll('.started')].map((cell) => Math.round(cell.getBoundingClientRect().right));
        return list.scrollLeft > 0 && ends.every((end) => end === ends[0] && end <= innerWidth)
            && document.documentElement.scrollWidth === innerWidth";
    assert_eq!(page.script(scrolled, json!([])).await, true);
    page.close("fields_columns").await;
}

#[tokio::test]
async fn of_very_many_groups_the_largest_are_shown() {
    let backend = Backend::start();
    let spans: Vec<_> = (1..=1200_u32)
        .map(|id| Span::new(id, "shop", &format!("GET /item/{id}")))
        .chain((2001..=2003).map(|id| Span::new(id, "shop", "GET /cart")))
        .collect();
    backend.send(&spans);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?view=groups", backend.url()))
        .await;
    page.wait(".grouped .row").await;
    let note = page.text(".bar .note").await;
    assert!(note.starts_with("The 1,000 largest groups;"), "{note}");
    let first = page
        .texts(".grouped .rows .row:first-of-type > *")
        .await
        .join("|");
    assert!(first.starts_with("shop|GET /cart|3"), "{first}");
    // A click narrows as in any table of groups.
    page.click(".grouped .row").await;
    page.until("return document.querySelector('.totals')?.textContent === '3 spans match'")
        .await;
    page.close("fields_many_groups").await;
}
