//! Tests of the page in windows of any size, and on paper.

use browser_tests::{Backend, Browser, Span, View};
use serde_json::json;

use crate::traces::{pairs, shop};

/// Returns true if nothing is drawn beyond the right end of the window.
const WITHIN: &str = "return [...document.querySelectorAll('.row .bar, .axis span, .minimap, .tabs button, .find input, .find button')]
    .every((node) => node.getBoundingClientRect().right <= innerWidth)";

#[tokio::test]
async fn the_timeline_follows_the_window() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row[aria-label^='UPDATE']").await;
    let root = "return document.querySelector('.row .bar').getBoundingClientRect().right";
    let wide = page.script(root, json!([])).await;
    for (width, height) in [(1024, 700), (860, 700), (800, 700), (720, 450)] {
        page.resize(width, height).await;
        page.until(WITHIN).await;
        let narrow = page.script(root, json!([])).await;
        assert!(narrow.as_f64() < wide.as_f64(), "{narrow} of {wide}");
        page.look(&format!("resized_{width}")).await;
    }
    // At 200 % zoom the page scrolls, and the rows then have most of the window.
    page.script(
        "document.querySelector('.body').scrollIntoView()",
        json!([]),
    )
    .await;
    page.until(
        "return document.querySelector('.rows').getBoundingClientRect().height > innerHeight / 3",
    )
    .await;
    page.resize(1440, 900).await;
    page.until(&format!("{root} === {wide}")).await;
    page.close("resized_back").await;
}

#[tokio::test]
async fn keys_show_their_row_in_a_low_window() {
    let backend = Backend::start();
    let rows = (2..80).map(|id| Span::new(id, "shop", &format!("step {id}")).below(1));
    let trace = backend.send(
        &[Span::new(1, "shop", "root")]
            .into_iter()
            .chain(rows)
            .collect::<Vec<_>>(),
    );
    let page = Browser::open(View::Wide).await;
    page.resize(720, 450).await;
    for (view, list) in [("timeline", "[role=tree]"), ("table", "[role=grid]")] {
        page.go(&format!("{}?view={view}", backend.trace_url(&trace)))
            .await;
        page.wait(&format!("{list} .row")).await;
        for key in ["End", "Home", "PageDown"] {
            let press = "const [list, key] = arguments;
                const node = document.querySelector(list);
                node.focus();
                node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))";
            page.script(press, json!([list, key])).await;
            page.until(
                "const cursor = document.getElementById(document.activeElement.getAttribute('aria-activedescendant'));
                 const { top, bottom } = cursor?.getBoundingClientRect() ?? {};
                 return top >= 0 && bottom <= innerHeight",
            )
            .await;
        }
    }
    page.close("keys_in_a_low_window").await;
}

/// Returns true if each cell can be scrolled to, below its header.
const AS_ONE: &str = "const table = document.querySelector('.table');
    table.scrollLeft = table.scrollWidth;
    const [head, ...rows] = table.querySelectorAll('.table-head, .row');
    const last = head.lastElementChild.getBoundingClientRect();
    return last.right <= innerWidth && rows.length > 0 && rows.every((row) => {
      const { left, right } = row.lastElementChild.getBoundingClientRect();
      return left < last.right && right > last.left && right <= innerWidth + 1;
    })";

#[tokio::test]
async fn tables_scroll_as_one() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let url = backend.trace_url(&trace);
    let page = Browser::open(View::Wide).await;
    for (width, address) in [
        (1024, format!("{url}?view=statistics")),
        (390, format!("{url}?view=statistics")),
        (390, format!("{url}?view=table")),
        (700, format!("{url}...{trace}")),
        (390, format!("{url}...{trace}")),
    ] {
        page.resize(width, 800).await;
        page.go(&address).await;
        page.wait(".table .row").await;
        page.until(AS_ONE).await;
    }
    page.close("tables").await;
}

#[tokio::test]
async fn results_say_when_and_which_services_in_narrow_windows() {
    let backend = Backend::start();
    backend.send(&[Span::new(1, "shop", "only one")]);
    backend.send(&[Span::new(1, "shop", "old").at(-200_000_000)]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search?lookback=7d", backend.url()))
        .await;
    for width in [1440, 1024, 390] {
        page.resize(width, 800).await;
        page.until("return ['.started', '.mixed', '.spans'].every((part) => document.querySelector(`.result:not(.header) ${part}`)?.checkVisibility())").await;
        page.look(&format!("results_{width}")).await;
    }
    let spans = "return getComputedStyle(document.querySelector('.result .spans:not(.header *)'), '::after').content";
    assert_eq!(page.script(spans, json!([])).await, "\" span\"");
    page.resize(1440, 900).await;
    let clocks = page
        .texts(".result:not(.header) .started span:first-child")
        .await;
    assert_eq!(clocks.first().map(String::len), Some(8), "today: the clock");
    assert_eq!(
        clocks.get(1).map(String::len),
        Some(19),
        "else the date, too"
    );
    page.close("results_wide").await;
}

#[tokio::test]
async fn all_rows_are_printed_dark_on_white() {
    let backend = Backend::start();
    let mut spans = vec![Span::new(1, "shop", "root").lasting(500)];
    spans.extend((2..=120_u32).map(|id| {
        Span::new(id, "shop", &format!("child {id}"))
            .below(1)
            .at(i64::from(id))
    }));
    let trace = backend.send(&spans);
    let page = Browser::open(View::Dark).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row[aria-label^='root']").await;
    page.cdp("Emulation.setEmulatedMedia", json!({ "media": "print", "features": [{ "name": "prefers-color-scheme", "value": "dark" }] })).await;
    page.script("dispatchEvent(new Event('beforeprint'))", json!([]))
        .await;
    page.until("return document.querySelectorAll('.row').length === 120")
        .await;
    let look = "const row = document.querySelectorAll('.row')[119];
        const { printColorAdjust } = getComputedStyle(row.querySelector('.bar'));
        const ground = getComputedStyle(document.body).backgroundColor;
        const { right } = document.querySelector('.row .bar').getBoundingClientRect();
        return [printColorAdjust, ground, right <= 1040, row.getBoundingClientRect().height > 0]";
    assert_eq!(
        page.script(look, json!([])).await,
        json!(["exact", "rgb(255, 255, 255)", true, true])
    );
    page.picture("printed").await;
    page.script("dispatchEvent(new Event('afterprint'))", json!([]))
        .await;
    page.cdp(
        "Emulation.setEmulatedMedia",
        json!({ "media": "", "features": [] }),
    )
    .await;
    page.until("return document.querySelectorAll('.row').length < 120")
        .await;
    page.quit().await;
}

#[tokio::test]
async fn what_is_touched_is_large_enough_and_the_sheet_hides_nothing() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Phone).await;
    page.go(&backend.span_url(&trace, 4)).await;
    page.wait(".details h2").await;
    let small = "return [...document.querySelectorAll('main button:not(.splitter, .handle), .toggle')]
        .filter((node) => node.checkVisibility({ visibilityProperty: true }))
        .filter((node) => { const { width, height } = node.getBoundingClientRect(); return width < 24 || height < 24; })
        .map((node) => node.className || node.textContent)";
    assert_eq!(page.script(small, json!([])).await, json!([]));
    let seen = "return document.querySelector('.row.selected').getBoundingClientRect().bottom <= document.querySelector('.details').getBoundingClientRect().top";
    page.until(seen).await;
    page.close("phone_sheet").await;
}

#[tokio::test]
async fn tables_and_results_are_printed_whole() {
    let backend = Backend::start();
    let trace = backend.send(&pairs(100));
    for _ in 0..40 {
        backend.send(&shop());
    }
    let page = Browser::open(View::Wide).await;
    for (address, row, count) in [
        (format!("trace/{trace}?view=table"), ".table .row", 201),
        ("search?limit=40".to_owned(), ".results .result", 40),
    ] {
        page.go(&format!("{}/{address}", backend.url())).await;
        page.wait(row).await;
        let rows = format!("document.querySelectorAll('{row}').length");
        page.script("dispatchEvent(new Event('beforeprint'))", json!([]))
            .await;
        page.until(&format!("return {rows} === {count}")).await;
        page.script("dispatchEvent(new Event('afterprint'))", json!([]))
            .await;
        page.until(&format!("return {rows} < {count}")).await;
    }
    page.close("printed_lists").await;
}
