//! Tests of addresses that were written by hand, by other programs, or for other data.

use browser_tests::{Backend, Browser, Span, View};
use serde_json::json;

use crate::traces::shop;

#[tokio::test]
async fn what_cannot_be_read_in_an_address_is_left_out() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    for (address, shown) in [
        (
            "search?order=zzz&view=zzz&lookback=zzz&limit=-5",
            ".result:not(.header) a",
        ),
        ("search?limit=1e99&tags=notjson", ".result:not(.header) a"),
        ("search?tags=%5B1%5D", ".result:not(.header) a"),
        ("search?view=groups&by=", ".grouped .row"),
        ("dependencies?lookback=-5", ".edges td"),
        ("dependencies?lookback=1e30", ".edges td"),
        (
            "service/store?lookback=zzz&spans=all",
            "[aria-label=Operations] td",
        ),
        (
            &format!("trace/{trace}?zoom=abc&only=zzz&view=zzz"),
            ".row .operation",
        ),
        (
            &format!("trace/{trace}?zoom=5-1&uiFind=ffffffffffffffff"),
            ".row .operation",
        ),
        (&format!("trace/...{trace}"), ".row .operation"),
        ("trace/...", ".result:not(.header) a"),
        ("service/", ".result:not(.header) a"),
        (
            "search?lookback=custom&start=-1&end=9999999999999999999999",
            ".result:not(.header) a",
        ),
    ] {
        page.go(&format!("{}/{address}", backend.url())).await;
        page.wait(shown).await;
        let console = page.console().await;
        assert!(console.is_empty(), "{address}: {console:#?}");
    }
    page.close("address").await;
}

#[tokio::test]
async fn a_range_that_ends_before_it_starts_is_turned_around() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    let hour = "const now = 1000 * Date.now();
        return `lookback=custom&start=${now}&end=${now - 3600e6}`";
    page.go(&format!("{}/search", backend.url())).await;
    let range = page.script(hour, json!([])).await;
    let range = range.as_str().unwrap_or_default();
    page.go(&format!("{}/search?{range}", backend.url())).await;
    page.until("return document.querySelector('.summary')?.textContent === '1 trace'")
        .await;
    page.close("address_turned").await;
}

/// The clock of their sender is years ahead.
#[tokio::test]
async fn spans_of_the_future_are_found_without_a_time_range() {
    let backend = Backend::start();
    let years = 20 * 365 * 86_400_000;
    backend.send(&[Span::new(1, "ahead", "tomorrow").at(years)]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?lookback=any", backend.url()))
        .await;
    page.until("return document.querySelector('.summary')?.textContent === '1 trace'")
        .await;
    assert_eq!(page.text(".totals").await, "1 span matches");
    page.close("address_future").await;
}

/// Its clock was not set, or its times were in the wrong unit: a second after 1970 began.
#[tokio::test]
async fn spans_of_1970_do_not_hide_the_others() {
    let backend = Backend::start();
    backend.send(&shop());
    let old = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "old" } }] },
        "scopeSpans": [{ "spans": [{
            "traceId": "0123456789abcdef0123456789abcdef", "spanId": "0123456789abcdef", "name": "old",
            "startTimeUnixNano": "1000000000", "endTimeUnixNano": "2000000000",
        }] }],
    }] });
    backend.send_json(&old.to_string());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?lookback=any", backend.url()))
        .await;
    page.until("return document.querySelector('.summary')?.textContent === '2 traces'")
        .await;
    assert_eq!(page.text(".totals").await, "5 spans match, 1 failed");
    page.close("address_any_time").await;
}

#[tokio::test]
async fn the_time_range_of_the_map_is_the_one_in_the_address() {
    let backend = Backend::start();
    backend.send(&[
        Span::new(1, "web", "click").kind(3),
        Span::new(2, "shop", "GET /cart").below(1).kind(2),
    ]);
    let page = Browser::open(View::Wide).await;
    for (milliseconds, title) in [(10_800_000, "Last 3 hours"), (5_400_000, "Last 1 h 30 min")] {
        let url = format!("{}/dependencies?lookback={milliseconds}", backend.url());
        page.go(&url).await;
        page.wait(".edges td").await;
        let chosen = "return document.querySelector('.bar select').selectedOptions[0].text.replace(/\\s/g, ' ')";
        assert_eq!(page.script(chosen, json!([])).await, title);
    }
    page.close("address_of_the_map").await;
}
