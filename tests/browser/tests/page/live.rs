//! Tests of traces that arrive while the list is shown.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::json;

const FIRST: &str = "return document.querySelector('.result:not(.header) .operation')?.textContent";

fn many(backend: &Backend, count: u32) {
    for at in 0..count {
        let name = format!("op {at}");
        backend.send(&[Span::new(1, "shop", &name).at(-i64::from(at) * 1000)]);
    }
}

#[tokio::test]
async fn slow_traces_and_new_services_come_too() {
    let backend = Backend::start();
    let trace = backend.send(&[Span::new(1, "shop", "quick")]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    page.until("return document.querySelector('.summary')?.textContent === '1 trace'")
        .await;
    // It began half an hour ago and has ended now.
    backend.send(&[Span::new(1, "nightly", "export")
        .at(-1_800_000)
        .lasting(1_859_000)]);
    page.until("return document.querySelector('.summary').textContent === '2 traces · 1 new'")
        .await;
    assert_eq!(page.text(".result.fresh .operation").await, "export");
    page.until("return [...document.getElementById('service').options].some(({ value }) => value === 'nightly')").await;
    // A trace in the list grows.
    backend.add(&trace, &[Span::new(2, "shop", "more").below(1).failed()]);
    page.until("return [...document.querySelectorAll('.result .errors')].some(({ textContent }) => textContent === '1')").await;
    let age = page.text(".result .age").await;
    page.until(&format!(
        "return document.querySelector('.result .age').textContent !== '{age}'"
    ))
    .await;
    page.close("live_slow").await;
}

#[tokio::test]
async fn nothing_moves_under_the_hand() {
    let backend = Backend::start();
    many(&backend, 30);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?limit=100", backend.url()))
        .await;
    page.until("return document.querySelector('.summary')?.textContent === '30 traces'")
        .await;
    // The focus is on the second trace.
    page.press_all("jj").await;
    let focused = "return document.activeElement.textContent";
    let before = page.script(focused, json!([])).await;
    backend.send(&[Span::new(1, "shop", "newer").at(5000)]);
    page.until("return !document.querySelector('.pill').hidden")
        .await;
    assert_eq!(page.text(".pill").await, "Show 1 new trace");
    assert_eq!(page.script(focused, json!([])).await, before);
    page.look("live_waiting").await;
    page.click(".pill").await;
    page.until(
        "return document.querySelector('.result:not(.header) .operation').textContent === 'newer'",
    )
    .await;
    assert_eq!(page.script(FIRST, json!([])).await, "newer");
    // The list is scrolled.
    page.script("document.querySelector('.rows').scrollTop = 200", json!([]))
        .await;
    let at = "const { left, top } = document.querySelector('.rows').getBoundingClientRect();
        return document.elementFromPoint(left + 200, top + 60).closest('.result').textContent.split('ago')[0].replace(/\\d+ (s|min) $/, '')";
    let under = page.script(at, json!([])).await;
    backend.send(&[Span::new(1, "shop", "newest").at(9000)]);
    page.until("return !document.querySelector('.pill').hidden")
        .await;
    assert_eq!(page.script(at, json!([])).await, under);
    page.close("live_scrolled").await;
}

#[tokio::test]
async fn typed_text_the_focus_and_the_menu_survive_spans_that_arrive() {
    let backend = Backend::start();
    let trace = backend.send(&[
        Span::new(1, "shop", "one").at(40_000).lasting(19_000),
        Span::new(2, "shop", "two").below(1).at(41_000).failed(),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row[aria-label^='two']").await;
    page.press_all("/on").await;
    backend.add(&trace, &[Span::new(3, "shop", "three").below(1).at(42_000)]);
    page.until("return document.querySelectorAll('.row').length === 3")
        .await;
    page.press_all("e").await;
    page.until("return document.querySelector('.find input').value === 'one' && document.activeElement.matches('.find input')").await;
    assert_eq!(page.count(".filters [aria-pressed=true]").await, 0);
    page.press(Key::Escape).await;
    page.click(".menu summary").await;
    backend.add(&trace, &[Span::new(4, "shop", "four").below(1).at(43_000)]);
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    page.until("return document.querySelector('.menu').open")
        .await;
    page.press(Key::Escape).await;
    page.until("return !document.querySelector('.menu').open")
        .await;
    page.close("live_typed").await;
}

#[tokio::test]
async fn marks_of_new_traces_are_cleared() {
    let backend = Backend::start();
    many(&backend, 2);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    page.until("return document.querySelector('.summary')?.textContent === '2 traces'")
        .await;
    backend.send(&[Span::new(1, "shop", "newer").at(5000)]);
    page.until("return document.querySelector('.summary').textContent === '3 traces · 1 new'")
        .await;
    // Half a minute later.
    page.script(
        "const { now } = Date; Date.now = () => now() + 31_000",
        json!([]),
    )
    .await;
    page.until("return document.querySelector('.summary').textContent === '3 traces' && !document.querySelector('.result.fresh')").await;
    page.close("live_unmarked").await;
}
