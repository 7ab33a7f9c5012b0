//! Opens a trace and uses it as a person does.

use browser_tests::Browser;
use serde_json::json;

use crate::figures::Figure;
use crate::page::{idle, longest_task, measure, number, open, took, value};
use crate::traces::{SEARCHED, late_span};

/// The selectors of a page's parts: ours, or Jaeger UI's.
struct Parts {
    find: &'static str,
    found: &'static str,
    collapse_all: &'static str,
    expand_all: &'static str,
    details: &'static str,
}

const OURS: Parts = Parts {
    find: ".find input",
    found: ".row.current",
    collapse_all: "[aria-label^='Collapse all']",
    expand_all: "[aria-label^='Expand all']",
    details: ".details h2",
};

const JAEGER: Parts = Parts {
    find: "[data-test='in-trace-search'], .TracePageSearchBar--bar input",
    found: ".TracePageSearchBar--count",
    collapse_all: ".TimelineCollapser > :nth-child(4)",
    expand_all: ".TimelineCollapser > :nth-child(3)",
    details: ".detail-row",
};

/// The targets of the first row, of the whole trace and of a deep link, for a number of spans.
fn targets(spans: u32) -> [&'static str; 3] {
    match spans {
        0..=1_000 => ["200", "", ""],
        1_001..=10_000 => ["250", "", ""],
        10_001..=50_000 => ["", "", ""],
        _ => ["500", "1,500", "400"],
    }
}

/// Opens the trace in a new browser, and again at a span.
pub(crate) async fn run(base: &str, trace: &str, spans: u32) -> Vec<Figure> {
    let [row, whole, link] = targets(spans);
    let page = open(&format!("{base}/trace/{trace}")).await;
    let is_jaeger = page
        .script(
            "return !!document.getElementById('jaeger-ui-root')",
            json!([]),
        )
        .await
        == true;
    let parts = if is_jaeger { JAEGER } else { OURS };
    let load = page.script("return speed.load()", json!([])).await;
    let cpu = metric(&page, "TaskDuration").await * 1000.0;
    page.cdp("HeapProfiler.collectGarbage", json!({})).await;
    let heap = metric(&page, "JSHeapUsedSize").await / 1e6;
    let loaded = |name| number(&load[name]);
    let mut figures = vec![
        Figure::new("first contentful paint, ms", loaded("paint"), "100"),
        Figure::new("first row, ms", loaded("row"), row),
        Figure::new("whole trace, ms", loaded("whole"), whole),
        Figure::new("idle, ms", loaded("idle"), ""),
        Figure::new("blocked by long tasks, ms", loaded("blocked"), ""),
        Figure::new("CPU of the main thread until idle, ms", cpu, ""),
        Figure::new("heap of the page, MB", heap, "10"),
        Figure::new(
            "private memory of the renderer, MB",
            page.renderer_memory(),
            "",
        ),
        Figure::new("DOM nodes", loaded("nodes"), "600"),
        Figure::new("files, compressed, KB", loaded("bytes") / 1e3, "60"),
    ];
    figures.extend(used(&page, &parts).await);
    page.quit().await;

    let page = open(&format!("{base}/trace/{trace}?uiFind={}", late_span(trace))).await;
    page.until("return speed.opened > 0").await;
    let opened = value(&page, "speed.opened").await;
    let tasks = "speed.tasks.reduce((sum, [start, end]) => sum + end - start, 0)";
    let tasks = value(&page, tasks).await;
    figures.push(Figure::new(
        "deep link: the span is shown, ms",
        opened,
        link,
    ));
    figures.push(Figure::new("deep link: long tasks, ms", tasks, ""));
    page.quit().await;
    figures
}

/// Scrolls, opens a span, collapses, expands and searches.
async fn used(page: &Browser, parts: &Parts) -> [Figure; 5] {
    let scrolled = scroll(page).await;
    let details = click(
        page,
        ".row[role='treeitem']:nth-child(3) .bar, .span-row .span-view",
        &shows(parts.details),
    )
    .await;
    page.press_all("\u{e00c}").await;
    let collapsed = click(page, parts.collapse_all, "() => speed.rows().length < 5").await;
    let expanded = click(page, parts.expand_all, "() => speed.rows().length > 20").await;
    let found = search(page, parts).await;
    [
        Figure::new("longest task while scrolling, ms", scrolled, "50"),
        Figure::new("open a span's details, ms", details, ""),
        Figure::new("collapse all, ms", collapsed, ""),
        Figure::new("expand all, ms", expanded, ""),
        Figure::new("search within the trace, ms", found, ""),
    ]
}

/// Turns the wheel; returns the longest task meanwhile.
async fn scroll(page: &Browser) -> f64 {
    let from = value(page, "performance.now()").await;
    for _ in 0..60 {
        page.cdp(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseWheel", "x": 900, "y": 700, "deltaX": 0, "deltaY": 1500 }),
        )
        .await;
    }
    idle(page).await;
    longest_task(page, from).await
}

async fn click(page: &Browser, selector: &str, test: &str) -> f64 {
    measure(page, test).await;
    page.click(selector).await;
    took(page).await
}

/// Puts the text into the field at once, like a paste.
async fn search(page: &Browser, parts: &Parts) -> f64 {
    page.click(parts.find).await;
    measure(page, &shows(parts.found)).await;
    page.insert(SEARCHED).await;
    took(page).await
}

fn shows(selector: &str) -> String {
    format!("() => speed.shows({})", json!(selector))
}

async fn metric(page: &Browser, name: &str) -> f64 {
    let answer = page.cdp("Performance.getMetrics", json!({})).await;
    let metrics = answer["metrics"].as_array().into_iter().flatten();
    let found = metrics.into_iter().find(|metric| metric["name"] == name);
    found.map_or(f64::NAN, |metric| number(&metric["value"]))
}
