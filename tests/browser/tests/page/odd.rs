//! Tests of invalid and unusual traces.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::json;

/// Opens a trace of these spans, and waits for so many rows.
async fn open(backend: &Backend, spans: &[Span], rows: usize) -> Browser {
    let trace = backend.send(spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.until(&format!(
        "return document.querySelectorAll('.row').length === {rows}"
    ))
    .await;
    page
}

#[tokio::test]
async fn a_single_span() {
    let backend = Backend::start();
    let page = open(&backend, &[Span::new(1, "shop", "only one")], 1).await;
    assert_eq!(page.count(".banner").await, 0);
    page.close("odd_single").await;
}

#[tokio::test]
async fn no_root_and_two_roots() {
    let backend = Backend::start();
    let page = open(
        &backend,
        &[
            Span::new(2, "shop", "a").below(1),
            Span::new(3, "shop", "b").below(9).at(5),
        ],
        2,
    )
    .await;
    assert!(
        page.text(".banner")
            .await
            .starts_with("2 spans have a missing parent")
    );
    assert_eq!(page.count(".row.flagged").await, 2);
    page.look("odd_no_root").await;
    let trace = backend.send(&[Span::new(1, "shop", "a"), Span::new(2, "shop", "b").at(20)]);
    page.go(&backend.trace_url(&trace)).await;
    page.until(
        "return document.querySelector('.banner')?.textContent === '2 spans have no parent.'",
    )
    .await;
    page.close("odd_two_roots").await;
}

#[tokio::test]
async fn circles_and_ids_that_are_there_twice() {
    let backend = Backend::start();
    let circle = [
        Span::new(1, "shop", "a").below(3).lasting(90),
        Span::new(2, "shop", "b").below(1).at(10),
        Span::new(3, "shop", "c").below(2).at(20),
        Span::new(4, "shop", "own parent").below(4).at(30),
    ];
    let page = open(&backend, &circle, 4).await;
    assert!(
        page.text(".banner")
            .await
            .starts_with("2 spans are their own ancestors (cycle broken there)")
    );
    page.look("odd_circle").await;
    let twice = [
        Span::new(1, "shop", "root").lasting(90),
        Span::new(2, "shop", "first").below(1).at(10),
        Span::new(2, "shop", "second").below(1).at(40),
        Span::new(3, "shop", "child").below(2).at(45),
    ];
    let trace = backend.send(&twice);
    page.go(&backend.trace_url(&trace)).await;
    page.until(
        "return document.querySelector('.banner')?.textContent === '2 spans share a span ID.'",
    )
    .await;
    assert_eq!(page.count(".row").await, 4);
    page.close("odd_twice").await;
}

#[tokio::test]
async fn durations_of_nothing_less_than_nothing_and_a_day() {
    let backend = Backend::start();
    let spans = [
        Span::new(1, "shop", "a day").lasting(86_400_000),
        Span::new(2, "shop", "nothing").below(1).at(1000).lasting(0),
        Span::new(3, "shop", "less").below(1).at(2000).lasting(-500),
    ];
    let page = open(&backend, &spans, 3).await;
    assert_eq!(
        page.texts(".row .duration").await,
        ["1\u{202f}d", "0\u{202f}µs", "−500\u{202f}ms"]
    );
    assert_eq!(page.texts(".row.flagged .operation").await, ["less"]);
    page.close("odd_durations").await;
}

#[tokio::test]
async fn names_without_end_from_right_to_left_and_in_pictures() {
    let backend = Backend::start();
    let long = "x".repeat(10_000);
    let spans = [
        Span::new(1, "shop", &long).lasting(90),
        Span::new(2, "shop", "مرحبا بالعالم").below(1).at(10),
        Span::new(3, "shop", "👩‍👩‍👧‍👦 🚀").below(1).at(20),
        Span::new(4, &"y".repeat(500), "\u{202e}reversed")
            .below(1)
            .at(30),
    ];
    let page = open(&backend, &spans, 4).await;
    assert_eq!(page.text(".title .service").await, "shop");
    page.click(".row").await;
    page.until("return document.querySelector('.details h2')?.textContent.length === 10000")
        .await;
    page.close("odd_names").await;
}

#[tokio::test]
async fn five_thousand_levels() {
    let backend = Backend::start();
    let spans: Vec<_> = (1..=5000_u32)
        .map(|level| {
            let span = Span::new(level, "shop", &format!("level {level}"))
                .at(i64::from(level))
                .lasting(20_000 - 2 * i64::from(level));
            if level == 1 {
                span
            } else {
                span.below(level - 1)
            }
        })
        .collect();
    let trace = backend.send(&spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 4990)).await;
    assert_eq!(page.text(".row.selected .operation").await, "level 4990");
    let indent = page.script("return document.querySelector('.row.selected .operation').getBoundingClientRect().left < 380", json!([])).await;
    assert_eq!(indent, true, "the name is in sight");
    page.close("odd_deep").await;
}

#[tokio::test]
async fn a_hundred_thousand_spans_in_one_level() {
    let backend = Backend::start();
    let trace = backend.send(&[Span::new(1, "shop", "root").lasting(200_000)]);
    let children: Vec<_> = (2..=100_000_u32)
        .map(|id| {
            let span = Span::new(id, "shop", &format!("child {id}")).below(1);
            span.at(i64::from(id))
        })
        .collect();
    for part in children.chunks(10_000) {
        backend.add(&trace, part);
    }
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".trace:not(.preview) .row").await;
    let facts = page.texts(".facts div").await.join("|");
    assert!(facts.contains("Spans100,000"), "{facts}");
    page.press(Key::End).await;
    page.wait(".row.cursor[aria-label^='child 100000']").await;
    let nodes = page.count("*").await;
    assert!(nodes <= 500, "{nodes} elements");
    page.close("odd_wide").await;
}

#[tokio::test]
async fn a_failed_status_and_a_true_error_are_errors() {
    let backend = Backend::start();
    let text = |value: &str| json!({ "stringValue": value });
    let spans = [
        Span::new(1, "shop", "root").lasting(90),
        Span::new(2, "shop", "failed").below(1).at(1).failed(),
        Span::new(3, "shop", "error=true")
            .below(1)
            .at(2)
            .with("error", json!({ "boolValue": true })),
        Span::new(4, "shop", "error=no")
            .below(1)
            .at(3)
            .with("error", json!({ "boolValue": false })),
        Span::new(5, "shop", "error=\"false\"")
            .below(1)
            .at(4)
            .with("error", text("false")),
        Span::new(6, "shop", "error=\"unset\"")
            .below(1)
            .at(5)
            .with("error", text("unset")),
        Span::new(9, "shop", "error=\"true\"")
            .below(1)
            .at(5)
            .with("error", text("true")),
        Span::new(7, "shop", "500")
            .below(1)
            .at(6)
            .with("http.response.status_code", json!({ "intValue": "500" })),
        Span::new(8, "shop", "exception handled")
            .below(1)
            .at(7)
            .event("exception", 1),
    ];
    let page = open(&backend, &spans, 9).await;
    assert_eq!(
        page.texts(".row.error .operation").await,
        ["failed", "error=true", "error=\"true\""]
    );
    page.close("odd_errors").await;
}

#[tokio::test]
async fn names_that_are_empty_or_blank_are_said_to_be_so() {
    let backend = Backend::start();
    let spans = [
        Span::new(1, "shop", "")
            .lasting(90)
            .with("", json!({ "stringValue": "of no name" })),
        Span::new(2, "shop", " \t ").below(1).at(10),
    ];
    let page = open(&backend, &spans, 2).await;
    assert_eq!(
        page.texts(".row .operation").await,
        ["(no name)", "(no name)"]
    );
    page.click(".row").await;
    page.click(".details .tag .key").await;
    assert_eq!(page.text(".details .tag .key").await, "(no name)");
    let items = page.texts("[role=menuitem]").await;
    // No query asks for an attribute without a name.
    assert!(!items.is_empty() && !items.contains(&"Search traces with it".to_owned()));
    page.look("odd_blank").await;
    page.go(&format!("{}/search", backend.url())).await;
    page.wait(".result:not(.header) a").await;
    assert_eq!(
        page.texts(".result:not(.header) .operation").await,
        ["(no name)"]
    );
    page.close("odd_blank_result").await;
}

#[tokio::test]
async fn a_root_may_be_linked_to_itself_and_to_its_descendants() {
    let backend = Backend::start();
    let trace = backend.send(&[]);
    let spans = [
        Span::new(1, "shop", "root")
            .lasting(90)
            .link(&trace, 2)
            .link(&trace, 1),
        Span::new(2, "shop", "child").below(1).at(10),
        Span::new(3, "shop", "alone").at(20).link(&trace, 3),
    ];
    backend.add(&trace, &spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.until("return document.querySelectorAll('.row').length === 3")
        .await;
    assert_eq!(page.texts(".banner").await, ["2 spans have no parent."]);
    assert_eq!(page.count(".row.flagged").await, 0);
    let levels = "return [...document.querySelectorAll('.row')].map((row) => row.ariaLevel).join()";
    assert_eq!(page.script(levels, json!([])).await, "1,2,1");
    page.close("odd_links").await;
}

#[tokio::test]
async fn a_long_message_of_an_exception_is_folded() {
    let backend = Backend::start();
    let long = "m".repeat(5000);
    let page = open(
        &backend,
        &[Span::new(1, "shop", "fails").exception("TooLong", &long)],
        1,
    )
    .await;
    page.click(".row").await;
    page.wait(".exception .more").await;
    assert!(page.text(".exception p").await.chars().count() < 1000);
    page.click(".exception .more").await;
    page.until(
        "return document.querySelector('.exception p').textContent.startsWith('m'.repeat(5000))",
    )
    .await;
    page.close("odd_message").await;
}
