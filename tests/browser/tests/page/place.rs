//! Tests of the page in other circumstances: below a path, on a phone, in dark mode, with the Tab
//! key only.

use browser_tests::{Backend, Browser, Span, View, proxy};
use fantoccini::key::Key;
use serde_json::json;

use crate::traces::shop;

#[tokio::test]
async fn it_works_below_a_path() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let base = proxy::below(backend.url(), "/deep/down");
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{base}/search")).await;
    page.click(".result a").await;
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    assert_eq!(page.url().await, format!("{base}/trace/{trace}"));
    page.go(&format!("{base}/trace/{trace}?uiFind=3")).await;
    assert_eq!(
        page.text(".details h2").await,
        "SELECT cart",
        "a short span id will do"
    );
    page.click("nav a[data-page=dependencies]").await;
    page.wait(".edges td").await;
    assert_eq!(page.url().await, format!("{base}/dependencies"));
    page.close("below_a_path").await;
}

#[tokio::test]
async fn it_is_readable_on_a_phone() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Phone).await;
    page.go(&format!("{}/search", backend.url())).await;
    page.wait(".result").await;
    page.look("phone_results").await;
    page.click(".ask").await;
    page.until("return document.querySelector('.query').checkVisibility()")
        .await;
    page.look("phone_search").await;
    page.go(&backend.trace_url(&trace)).await;
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    page.look("phone_trace").await;
    page.click(".row[aria-label^='SELECT']").await;
    page.wait(".details h2").await;
    page.look("phone_details").await;
    page.go(&format!("{}/dependencies", backend.url())).await;
    page.wait(".edges td").await;
    page.close("phone_services").await;
}

#[tokio::test]
async fn it_is_dark_where_the_system_is() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    page.go(&backend.span_url(&trace, 4)).await;
    page.wait(".details h2").await;
    let ground = page
        .script(
            "return getComputedStyle(document.body).backgroundColor",
            json!([]),
        )
        .await;
    assert_eq!(ground, "rgb(20, 23, 28)");
    page.close("dark").await;
}

#[tokio::test]
async fn tab_goes_through_the_page_in_the_order_of_the_picture() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 3)).await;
    page.wait(".details h2").await;
    page.script("document.getElementById('brand').focus()", json!([]))
        .await;
    let mut order = Vec::new();
    for _ in 0..29 {
        let name = "const node = document.activeElement; const { outlineStyle, backgroundImage } = getComputedStyle(node);
            const isSeen = outlineStyle !== 'none' || backgroundImage !== 'none' || node.id === 'spans';
            return (isSeen ? '' : 'unseen: ') + (node.getAttribute('aria-label') ?? node.textContent).trim()";
        let name = page.script(name, json!([])).await;
        order.push(name.as_str().unwrap_or_default().to_owned());
        page.press(Key::Tab).await;
    }
    let expected = [
        "otel-backend",
        "Search",
        "Services",
        "Logs",
        "Trace ID",
        "Settings",
        "Keyboard shortcuts",
        "shop",
        "Actions",
        "Copy the trace ID",
        "Timeline",
        "Errors 1",
        "Next error  E",
        "Critical path 4",
        "Min duration",
        "Find in the trace",
        "shop2",
        "store2",
        "Start of visible range",
        "End of visible range",
        "Collapse one level  [",
        "Expand one level  ]",
        "Collapse all  {",
        "Expand all  }",
        "Spans",
        "Resize name column",
        "Resize details",
        "store",
        "Copy a link to this span",
    ];
    assert_eq!(order, expected);
    page.close("tab").await;
}

#[tokio::test]
async fn what_a_span_calls_itself_is_text() {
    let backend = Backend::start();
    let evil =
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    let text = json!({ "stringValue": evil });
    let mut span = Span::new(1, evil, evil)
        .with(evil, text)
        .event(evil, 1)
        .failed();
    span = span.link("00000000000000000000000000000001", 9);
    let trace = backend.send(&[span, Span::new(2, "shop", evil).below(1)]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 1)).await;
    assert_eq!(page.text(".details h2").await, evil);
    assert_eq!(page.text(".title .operation").await, evil);
    for view in ["flame", "table", "statistics"] {
        page.go(&format!("{}?view={view}", backend.trace_url(&trace)))
            .await;
        page.wait("#pane canvas, #pane .table .row").await;
    }
    page.go(&format!("{}/trace/{trace}...{trace}", backend.url()))
        .await;
    page.wait(".compare .row").await;
    page.go(&format!("{}/dependencies", backend.url())).await;
    page.wait(".edges td").await;
    page.go(&format!(
        "{}/search?service=%3Cimg%20src%3Dx%3E",
        backend.url()
    ))
    .await;
    page.wait(".list .summary").await;
    page.go(&format!("{}/trace/%3Cimg%20src=x%3E", backend.url()))
        .await;
    page.wait(".state").await;
    page.go(&format!("{}/search", backend.url())).await;
    page.wait(".result").await;
    assert_eq!(page.text(".result .operation").await, evil);
    let made = page.script("return document.querySelectorAll('main img, main script').length + Number(document.title === 'owned')", json!([])).await;
    assert_eq!(made, 0);
    page.look("hostile").await;
    page.quit().await;
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere_and_inline_scripts_are_refused() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row").await;
    let elsewhere = page.script("return performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith(location.origin))", json!([])).await;
    assert_eq!(elsewhere, json!([]));
    let inline = "const script = document.createElement('script'); script.textContent = 'window.owned = true'; document.body.append(script); return window.owned === true";
    assert_eq!(page.script(inline, json!([])).await, false);
    page.quit().await;
}

/// Colours follow the names of services, not the order in which they are met.
#[tokio::test]
async fn a_service_has_the_same_colour_in_every_browser_and_on_every_page() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    backend.send(&[Span::new(1, "another", "first seen")]);
    let colour = "const dot = document.querySelector(arguments[0]); return dot.style.getPropertyValue('--c')";
    let mut colours = Vec::new();
    for path in [
        "/search?service=shop",
        "/service/shop?spans=all&lookback=5m",
    ] {
        let page = Browser::open(View::Wide).await;
        page.go(&format!("{}{path}", backend.url())).await;
        let dot = if path.starts_with("/search") {
            ".result:not(.header) a .dot"
        } else {
            ".service-page h1 .dot"
        };
        page.wait(dot).await;
        colours.push(page.script(colour, json!([dot])).await);
        page.go(&backend.trace_url(&trace)).await;
        let dot = ".legend button[title='Only shop'] .dot";
        page.wait(dot).await;
        colours.push(page.script(colour, json!([dot])).await);
        page.quit().await;
    }
    assert!(
        colours[0]
            .as_str()
            .is_some_and(|colour| colour.starts_with("var(--s")),
        "{colours:?}"
    );
    assert!(
        colours.iter().all(|colour| *colour == colours[0]),
        "{colours:?}"
    );
}
