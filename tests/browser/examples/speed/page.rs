//! A page that is watched by the probe.

use browser_tests::{Browser, View};
use serde_json::{Value, json};

const PROBE: &str = include_str!("probe.js");

/// The longest time that a browser may take to finish starting, in milliseconds.
const REST_MS: u32 = 1000;

/// Opens a page in a new browser and waits until it is idle.
pub(crate) async fn open(url: &str) -> Browser {
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
    idle(&page).await;
    page
}

pub(crate) async fn idle(page: &Browser) {
    page.until("return speed.isIdle()").await;
}

/// Measures from the next input to the paint that makes the test true.
pub(crate) async fn measure(page: &Browser, test: &str) {
    page.script(&format!("speed.measure({test})"), json!([]))
        .await;
}

/// The time that it took.
pub(crate) async fn took(page: &Browser) -> f64 {
    page.until("return speed.took !== null").await;
    value(page, "speed.took").await
}

/// The longest task of the main thread since a moment, or 0 if none was longer than 50 ms.
pub(crate) async fn longest_task(page: &Browser, from: f64) -> f64 {
    let longest = "return Math.max(0, ...speed.tasks.filter(([start]) => start >= arguments[0]).map(([start, end]) => end - start))";
    number(&page.script(longest, json!([from])).await)
}

/// The number that an expression has in the page.
pub(crate) async fn value(page: &Browser, expression: &str) -> f64 {
    number(
        &page
            .script(&format!("return {expression}"), json!([]))
            .await,
    )
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
