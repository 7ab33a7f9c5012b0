//! The page of search.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::json;

use crate::traces::shop;

async fn summary(page: &Browser, text: &str) {
    page.until(&format!(
        "return document.querySelector('.list .summary')?.textContent.startsWith('{text}')"
    ))
    .await;
}

#[tokio::test]
async fn results_are_newest_first_with_services_errors_and_duration() {
    let backend = Backend::start();
    backend.send(&[Span::new(1, "shop", "older").at(-5000).lasting(300)]);
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "2 traces").await;
    assert_eq!(
        page.texts(".result a .operation").await,
        ["GET /cart", "older"]
    );
    assert_eq!(page.texts(".result .errors").await, ["1", ""]);
    assert_eq!(page.texts(".result .services").await, ["2", "1"]);
    assert_eq!(
        page.texts(".result .lasting .number").await,
        ["100\u{202f}ms", "300\u{202f}ms"]
    );
    let services = page.attribute(".result .mix", "title").await;
    assert_eq!(services.as_deref(), Some("shop 2\nstore 2"));
    page.script("document.querySelector('[aria-label=Order]').value = 'longest'; document.querySelector('[aria-label=Order]').dispatchEvent(new Event('change'))", json!([])).await;
    page.until("return document.querySelector('.result a .operation').textContent === 'older'")
        .await;
    page.look("results").await;
    page.press_all("j").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.title .operation')?.textContent === 'older'")
        .await;
    page.close("opened_from_results").await;
}

#[tokio::test]
async fn the_address_holds_the_query_as_jaegers_does() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    let query = "service=store&operation=SELECT%20cart&tags=%7B%22db.rows%22%3A%223%22%7D&minDuration=1ms&maxDuration=1s&limit=5&lookback=1h";
    page.go(&format!("{}/search?{query}", backend.url())).await;
    summary(&page, "1 trace").await;
    for (field, value) in [
        ("service", "store"),
        ("operation", "SELECT cart"),
        ("tags", "db.rows=3"),
        ("minDuration", "1ms"),
        ("maxDuration", "1s"),
        ("lookback", "1h"),
        ("limit", "5"),
    ] {
        page.until(&format!(
            "return document.getElementById('{field}').value === '{value}'"
        ))
        .await;
    }
    page.script(
        "document.getElementById('minDuration').value = ''",
        json!([]),
    )
    .await;
    page.type_into("#minDuration", "fast").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.problem').textContent.includes('not a duration')")
        .await;
    page.script(
        "document.getElementById('minDuration').value = '50ms'",
        json!([]),
    )
    .await;
    page.click(".query .primary").await;
    page.until("return new URL(location).searchParams.get('minDuration') === '50ms'")
        .await;
    page.until(
        "return document.querySelector('.found .state h1')?.textContent === 'No trace matches'",
    )
    .await;
    let advice = page.text(".found .state").await;
    assert!(
        advice.contains("they are those of one span, not of the trace"),
        "{advice}"
    );
    page.look("nothing_found").await;
    page.script("history.back()", json!([])).await;
    page.until("return document.getElementById('minDuration').value === '1ms'")
        .await;
    summary(&page, "1 trace").await;
    page.close("query").await;
}

#[tokio::test]
async fn tags_are_completed_from_what_was_found() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "1 trace").await;
    page.until("return [...document.querySelectorAll('#tag-list option')].some(({ value }) => value === 'db.rows=3')").await;
    page.type_into("#tags", "error=true ").await;
    page.until("return [...document.querySelectorAll('#tag-list option')].some(({ value }) => value === 'error=true db.rows=3')").await;
    page.close("completion").await;
}

#[tokio::test]
async fn new_traces_appear_by_themselves() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?service=shop", backend.url()))
        .await;
    summary(&page, "1 trace").await;
    backend.send(&[Span::new(1, "shop", "newer").at(1000)]);
    summary(&page, "2 traces, 1 new").await;
    assert_eq!(page.text(".result.fresh .operation").await, "newer");
    page.click(".live").await;
    assert_eq!(
        page.attribute(".live", "aria-pressed").await.as_deref(),
        Some("false")
    );
    page.close("live").await;
}

#[tokio::test]
async fn a_dot_of_the_scatter_opens_its_trace() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "1 trace").await;
    // The only trace lies at the left end; where it lies in height depends on its duration.
    let reach = "const { left, top, height } = document.querySelector('.scatter canvas').getBoundingClientRect();
        for (let y = 0; y < height; y += 4) {
          const place = { clientX: left + 72, clientY: top + y, bubbles: true };
          document.querySelector('.scatter canvas').dispatchEvent(new PointerEvent('pointermove', place));
          if (!document.querySelector('.tip').hidden) return true;
        }
        return false";
    assert_eq!(page.script(reach, json!([])).await, true);
    assert!(page.text(".tip").await.starts_with("GET /cart"));
    page.look("scatter").await;
    page.script(
        "document.querySelector('.scatter canvas').click()",
        json!([]),
    )
    .await;
    page.wait(".title .operation").await;
    assert!(page.url().await.ends_with(&trace));
    page.quit().await;
}

#[tokio::test]
async fn two_results_are_chosen_to_compare() {
    let backend = Backend::start();
    backend.send(&shop());
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "2 traces").await;
    page.script(
        "document.querySelectorAll('.result input').forEach((box) => box.click())",
        json!([]),
    )
    .await;
    page.click(".list .bar button[title='Choose two traces to compare']")
        .await;
    page.wait(".compare .row").await;
    page.close("compare_results").await;
}
