//! Tests of the page in the case of problems.

use std::time::Duration;

use browser_tests::{Backend, Browser, Span, View};
use serde_json::json;
use url::Url;

use crate::traces::shop;

async fn says(page: &Browser, title: &str) {
    page.until(&format!(
        "return document.querySelector('.state h1')?.textContent === '{title}'"
    ))
    .await;
}

#[tokio::test]
async fn an_empty_backend_says_how_to_send_a_trace_and_shows_it() {
    let backend = Backend::start();
    let page = Browser::open(View::Wide).await;
    page.go(backend.url()).await;
    says(&page, "No traces yet").await;
    assert_eq!(
        page.texts(".command code").await,
        [
            "./bootstrap.sh",
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
        ]
    );
    assert_eq!(
        page.texts(".state button:not(.icon)").await,
        ["Open trace file…"]
    );
    page.look("empty").await;
    page.click("nav a[data-page=dependencies]").await;
    says(&page, "No traces yet").await;
    page.click("nav a[data-page=search]").await;
    says(&page, "No traces yet").await;
    backend.send(&shop());
    page.wait(".result").await;
    page.close("no_longer_empty").await;
}

/// Tells if the worker has a trace. It would fetch one only if the page asked for it.
const IS_LOADED: &str = "const [spanId, done] = arguments;
    worker.addEventListener('message', ({ data }) => done(data.result >= 0), { once: true });
    worker.postMessage({ call: 1, method: 'locate', parameters: { handle: 1, spanId } })";

#[tokio::test]
async fn a_trace_is_on_its_way_before_the_script_of_the_page_has_come() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.cdp("Network.enable", json!({})).await;
    page.cdp("Network.setBlockedURLs", json!({ "urls": ["*/main.js"] }))
        .await;
    page.go(&backend.trace_url(&trace)).await;
    let loaded = async { while page.script_async(IS_LOADED, vec![json!("1")]).await != true {} };
    let loaded = tokio::time::timeout(Duration::from_mins(1), loaded).await;
    loaded.expect("the worker loads the trace");
    assert_eq!(page.count("nav a").await, 0, "the script has not run");
    page.quit().await;
}

#[tokio::test]
async fn an_unknown_trace_is_said_to_be_unknown_until_it_arrives() {
    let backend = Backend::start();
    let page = Browser::open(View::Dark).await;
    let trace = "00000000000000000000000000abcdef";
    page.go(&backend.trace_url(trace)).await;
    says(&page, "No trace with this ID").await;
    assert!(page.text(".state").await.contains(trace));
    assert!(
        page.text(".command code")
            .await
            .ends_with("trace-check doctor")
    );
    page.look("unknown").await;
    backend.add(trace, &shop());
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    // Chromium itself reports in the console that the first answers were 404.
    page.quit().await;
}

#[tokio::test]
async fn a_wrong_id_is_said_to_be_wrong() {
    let backend = Backend::start();
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url("not-hex")).await;
    says(&page, "The trace could not be opened").await;
    page.look("wrong_id").await;
    page.quit().await;
}

#[tokio::test]
async fn a_trace_that_still_arrives_grows_and_marks_its_orphans() {
    let backend = Backend::start();
    let later = 59_000;
    let trace = backend.send(&[Span::new(2, "shop", "child").below(1).at(later)]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row.flagged[aria-label^='child']").await;
    assert!(
        page.text(".banner")
            .await
            .starts_with("1 span has a missing parent")
    );
    page.look("arriving").await;
    page.click(".row").await;
    page.wait(".details h2").await;
    backend.add(
        &trace,
        &[Span::new(1, "shop", "root")
            .at(later - 50_000)
            .lasting(60_000)],
    );
    page.until("return document.querySelectorAll('.row').length === 2")
        .await;
    assert_eq!(page.count(".banner").await, 0);
    assert_eq!(
        page.text(".details h2").await,
        "child",
        "what was open stays open"
    );
    page.close("arrived").await;
}

#[tokio::test]
async fn clock_skew_is_shown_and_not_mended() {
    let backend = Backend::start();
    let trace = backend.send(&[
        Span::new(1, "shop", "root").lasting(100),
        Span::new(2, "store", "early").below(1).at(-40).lasting(20),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(&trace, 2)).await;
    assert!(
        page.text(".banner")
            .await
            .contains("Times are shown as recorded")
    );
    assert!(
        page.text(".notes")
            .await
            .contains("starts 40\u{202f}ms before its parent: the clocks")
    );
    assert_eq!(
        page.text(".numbers dd").await,
        "20\u{202f}ms20\u{202f}% of the trace".replace("20\u{202f}%", "14\u{202f}%")
    );
    page.close("skew").await;
}

#[tokio::test]
async fn a_backend_that_is_gone_is_missed_and_found_again() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let url = backend.url().to_owned();
    let port = Url::parse(&url).ok().and_then(|url| url.port()).unwrap();
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{url}/search")).await;
    page.wait(".result").await;
    drop(backend);
    page.until("return !document.querySelector('.list .banner').hidden")
        .await;
    page.look("gone").await;
    page.click(".result a").await;
    says(&page, "Cannot reach the backend").await;
    page.look("gone_trace").await;
    let backend = Backend::start_on(port);
    says(&page, "No trace with this ID").await;
    backend.add(&trace, &shop());
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    page.quit().await;
}

#[tokio::test]
async fn a_page_whose_script_cannot_come_heals_itself() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let url = backend.url().to_owned();
    let port = Url::parse(&url).ok().and_then(|url| url.port()).unwrap();
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{url}/search")).await;
    page.wait(".result").await;
    drop(backend);
    page.click("nav a[data-page=dependencies]").await;
    says(&page, "Cannot reach the backend").await;
    page.look("gone_script").await;
    let backend = Backend::start_on(port);
    backend.add(&trace, &shop());
    page.wait(".edges td").await;
    page.quit().await;
}

#[tokio::test]
async fn pages_in_use_heal_themselves() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let other = backend.send(&shop());
    let url = backend.url().to_owned();
    let port = Url::parse(&url).ok().and_then(|url| url.port()).unwrap();
    let compared = format!("trace/{trace}...{other}");
    let mut pages = Vec::new();
    for (address, shown, act, healed) in [
        ("search", ".result a", ".ask-bar .primary", ".result a"),
        (
            "search?view=groups",
            ".grouped .row",
            ".ask-bar .primary",
            ".grouped .row",
        ),
        (
            "search?view=differences",
            ".differing .hint",
            ".ask-bar .primary",
            ".differing .hint",
        ),
        (
            "logs",
            ".logs-page .state",
            ".query .primary",
            ".logs-page .state",
        ),
        (
            compared.as_str(),
            ".compare .row",
            ".sides > a",
            ".compare .row",
        ),
    ] {
        let page = Browser::open(View::Wide).await;
        page.go(&format!("{url}/{address}")).await;
        page.wait(shown).await;
        pages.push((page, act, healed));
    }
    drop(backend);
    for (page, act, _) in &pages {
        page.click(act).await;
        says(page, "Cannot reach the backend").await;
    }
    let backend = Backend::start_on(port);
    for id in [&trace, &other] {
        backend.add(id, &shop());
    }
    for (page, _, healed) in pages {
        page.until("return ![...document.querySelectorAll('.state h1')].some(({ textContent }) => textContent === 'Cannot reach the backend')")
            .await;
        page.wait(healed).await;
        // The console has the requests that failed.
        page.quit().await;
    }
}

#[tokio::test]
async fn addresses_without_a_trace_lead_to_the_search() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    for path in ["trace/", "trace"] {
        page.go(&format!("{}/{path}", backend.url())).await;
        page.wait(".result").await;
        assert_eq!(page.text("h1").await, "Search traces");
    }
    page.click("nav a[data-page=dependencies]").await;
    page.until("return document.querySelector('h1')?.textContent === 'Services'")
        .await;
    page.go(&format!("{}/search?traceID={trace}", backend.url()))
        .await;
    page.until("return document.querySelectorAll('.result:not(.header)').length === 1")
        .await;
    page.close("by_id").await;
}

#[tokio::test]
async fn clock_skew_is_removed_where_that_is_asked_for() {
    let backend = Backend::start();
    let trace = backend.send(&[
        Span::new(1, "shop", "root").lasting(100),
        Span::new(2, "store", "early").below(1).at(-40).lasting(20),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.until("return document.querySelectorAll('.row').length === 2")
        .await;
    page.click(".menu summary").await;
    page.script("[...document.querySelectorAll('.menu button')].find(({ textContent }) => textContent === 'Adjust for clock skew').click()", json!([])).await;
    page.until(
        "return document.querySelector('.facts').textContent.includes('Duration100\u{202f}ms')",
    )
    .await;
    assert!(page.text(".banner").await.starts_with("Times are adjusted"));
    page.look("adjusted").await;
    page.script("[...document.querySelectorAll('.menu button')].find(({ textContent }) => textContent === 'Show times as recorded').click()", json!([])).await;
    page.until(
        "return document.querySelector('.facts').textContent.includes('Duration140\u{202f}ms')",
    )
    .await;
    page.close("recorded").await;
}

#[tokio::test]
async fn theme_and_clock_are_chosen_and_remembered() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.cdp(
        "Emulation.setTimezoneOverride",
        json!({ "timezoneId": "Asia/Kolkata" }),
    )
    .await;
    page.go(&backend.trace_url(&trace)).await;
    page.until("return document.querySelector('.facts')?.textContent.includes(' UTC+5:30')")
        .await;
    page.click("#settings").await;
    page.look("settings").await;
    page.click(".popup > :nth-child(3)").await;
    page.until("return getComputedStyle(document.body).backgroundColor === 'rgb(20, 23, 28)'")
        .await;
    page.look("dark_by_choice").await;
    page.click("#settings").await;
    page.click(".popup > :nth-child(5)").await;
    page.until("return document.querySelector('.facts')?.textContent.includes(' UTC,')")
        .await;
    page.until("return getComputedStyle(document.body).backgroundColor === 'rgb(20, 23, 28)'")
        .await;
    page.close("settings_kept").await;
}
