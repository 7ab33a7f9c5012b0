//! Opens the search page and narrows what it finds, as a person does.

use browser_tests::Browser;
use serde_json::json;

use crate::figures::Figure;
use crate::page::{idle, longest_task, measure, number, open, took, value};

/// The chart over which the pointer is dragged and clicked.
const CHART: &str = ".time-chart .reach";

/// Opens the search page in a new browser, and uses it.
pub(crate) async fn run(base: &str) -> Vec<Figure> {
    let page = open(&format!("{base}/search?lookback=1h")).await;
    let stood = value(&page, "speed.stood").await;
    let load = page.script("return speed.load()", json!([])).await;
    let files = number(&load["bytes"]) / 1e3;
    let mut longest = longest_task(&page, 0.0).await;
    let dragged = act(&page, async || page.drag(CHART, 0.3, 0.7).await).await;
    let clicked = act(&page, async || page.drag(CHART, 0.5, 0.5).await).await;
    longest = longest.max(longest_task(&page, 0.0).await);

    go(&page, &format!("{base}/search?lookback=1h&view=groups")).await;
    page.wait(".grouped .row").await;
    let grouped = act(&page, async || page.click(".grouped .row").await).await;
    longest = longest.max(longest_task(&page, 0.0).await);

    go(&page, &format!("{base}/search?lookback=1h")).await;
    let completed = complete(&page).await;
    longest = longest.max(longest_task(&page, 0.0).await);

    go(
        &page,
        &format!("{base}/search?lookback=1h&view=differences"),
    )
    .await;
    measure(&page, "() => speed.stands() && speed.shows('.attribute')").await;
    page.click(".list > .bar:not(.views-bar) button").await;
    let compared = took(&page).await;
    longest = longest.max(longest_task(&page, 0.0).await);
    page.quit().await;
    vec![
        Figure::new("list, charts and heat map stand, ms", stood, "300 (700)"),
        Figure::new("narrow by a drag over a chart, ms", dragged, "150 (400)"),
        Figure::new("narrow by a click on a chart, ms", clicked, "150 (400)"),
        Figure::new("narrow by a click on a group, ms", grouped, "150 (400)"),
        Figure::new("completion of a value, ms", completed, "50"),
        Figure::new(
            "what is different about errors, ms",
            compared,
            "300 (1,000)",
        ),
        Figure::new("longest task of the main thread, ms", longest, "50"),
        Figure::new("files, compressed, KB", files, "80"),
    ]
}

/// The time from the end of an action until list, charts and heat map follow it.
async fn act(page: &Browser, action: impl AsyncFnOnce()) -> f64 {
    measure(page, "() => speed.stands()").await;
    action().await;
    let time = took(page).await;
    idle(page).await;
    time
}

async fn go(page: &Browser, url: &str) {
    page.go(url).await;
    idle(page).await;
}

/// Types a condition up to its value; returns the time until values are offered.
async fn complete(page: &Browser) -> f64 {
    page.click("#q").await;
    page.script("document.activeElement.select()", json!([]))
        .await;
    page.insert("{ resource.service.name ").await;
    page.wait(".offers:not([hidden])").await;
    let offered =
        "() => document.querySelector('.offers:not([hidden])')?.textContent.includes('cart')";
    measure(page, offered).await;
    page.insert("= ").await;
    took(page).await
}
