//! Opens a trace and uses it as a person does.

use browser_tests::{Browser, View};
use serde_json::{Value, json};

use crate::traces::{SEARCHED, late_span};

const PROBE: &str = include_str!("probe.js");

/// The longest time that a browser may take to finish starting, in milliseconds.
const REST_MS: u32 = 1000;

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

/// A figure for each of [`Self::NAMES`].
#[derive(Debug)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) const NAMES: [&str; 17] = [
        "first contentful paint, ms",
        "first row, ms",
        "whole trace, ms",
        "idle, ms",
        "blocked by long tasks, ms",
        "CPU of the main thread until idle, ms",
        "heap of the page, MB",
        "private memory of the renderer, MB",
        "DOM nodes",
        "files, compressed, KB",
        "longest task while scrolling, ms",
        "open a span's details, ms",
        "collapse all, ms",
        "expand all, ms",
        "search within the trace, ms",
        "deep link: the span is shown, ms",
        "deep link: long tasks, ms",
    ];

    /// The median, the minimum and the maximum of a figure in these runs.
    pub(crate) fn spread(runs: &[Self], at: usize) -> [f64; 3] {
        let mut values: Vec<_> = runs
            .iter()
            .filter_map(|Self(run)| run.get(at).copied())
            .collect();
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1);
        [last / 2, 0, last].map(|place| values.get(place).copied().unwrap_or(f64::NAN))
    }
}

/// Opens the trace in a new browser, and again at a span.
pub(crate) async fn run(base: &str, trace: &str) -> Figures {
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
    let mut figures: Vec<_> = ["paint", "row", "whole", "idle", "blocked"]
        .map(|name| number(&load[name]))
        .into();
    figures.extend([cpu, heap, page.renderer_memory(), number(&load["nodes"])]);
    figures.push(number(&load["bytes"]) / 1e3);
    figures.push(scroll(&page).await);
    figures.push(
        click(
            &page,
            ".row[role='treeitem']:nth-child(3) .bar, .span-row .span-view",
            &shows(parts.details),
        )
        .await,
    );
    page.press_all("\u{e00c}").await;
    figures.push(click(&page, parts.collapse_all, "() => speed.rows().length < 5").await);
    figures.push(click(&page, parts.expand_all, "() => speed.rows().length > 20").await);
    figures.push(search(&page, &parts).await);
    page.quit().await;

    let page = open(&format!("{base}/trace/{trace}?uiFind={}", late_span(trace))).await;
    figures.push(opened(&page).await);
    let tasks = page
        .script(
            "return speed.tasks.reduce((sum, [start, end]) => sum + end - start, 0)",
            json!([]),
        )
        .await;
    figures.push(number(&tasks));
    page.quit().await;
    Figures(figures)
}

/// Opens a page and waits until it is idle.
async fn open(url: &str) -> Browser {
    let page = Browser::open(View::Wide).await;
    page.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": PROBE }),
    )
    .await;
    page.cdp("Performance.enable", json!({ "timeDomain": "threadTicks" }))
        .await;
    // The work of a browser that is starting does not count.
    page.until(&format!("return performance.now() > {REST_MS}"))
        .await;
    page.go(url).await;
    page.until("return speed.isIdle()").await;
    page
}

/// The time at which the span in the address was shown. The probe has been watching from the start.
async fn opened(page: &Browser) -> f64 {
    page.until("return speed.opened > 0").await;
    number(&page.script("return speed.opened", json!([])).await)
}

/// Turns the wheel; returns the longest task meanwhile, or 0 if none was longer than 50 ms.
async fn scroll(page: &Browser) -> f64 {
    let from = page.script("return performance.now()", json!([])).await;
    for _ in 0..60 {
        page.cdp(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseWheel", "x": 900, "y": 700, "deltaX": 0, "deltaY": 1500 }),
        )
        .await;
    }
    page.until("return speed.isIdle()").await;
    let longest = "return Math.max(0, ...speed.tasks.filter(([start]) => start > arguments[0]).map(([start, end]) => end - start))";
    number(&page.script(longest, json!([from])).await)
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

async fn measure(page: &Browser, test: &str) {
    page.script(&format!("speed.measure({test})"), json!([]))
        .await;
}

async fn took(page: &Browser) -> f64 {
    page.until("return speed.took !== null").await;
    number(&page.script("return speed.took", json!([])).await)
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

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
