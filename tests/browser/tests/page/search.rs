//! Tests of the search page.

use browser_tests::{Backend, Browser, Span, View, proxy};
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
    page.until("return document.querySelector('.problem').textContent.includes('needs a unit, e.g. 100ms')")
        .await;
    page.script(
        "document.getElementById('minDuration').value = '50ms'",
        json!([]),
    )
    .await;
    page.click(".query .primary").await;
    page.until("return new URL(location).searchParams.get('q')?.includes('duration >= 50ms')")
        .await;
    page.until(
        "return document.querySelector('.found .state h1')?.textContent === 'No traces found'",
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
    page.until("return [...document.querySelectorAll('#tag-list option')].some(({ value }) => value === 'db.rows=')").await;
    page.type_into("#tags", "error=true ").await;
    page.until("return [...document.querySelectorAll('#tag-list option')].some(({ value }) => value === 'error=true db.rows=')").await;
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
    summary(&page, "2 traces · 1 new").await;
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
    let jaeger = proxy::without_tempo(backend.url());
    page.go(&format!("{jaeger}/search")).await;
    summary(&page, "1 trace").await;
    // The only trace is at the left end; its height depends on its duration.
    let reach = "const { left, top, height } = document.querySelector('.scatter canvas').getBoundingClientRect();
        for (let y = 0; y < height; y += 4) {
          const place = { clientX: left + 72, clientY: top + y, bubbles: true };
          document.querySelector('.scatter canvas').dispatchEvent(new PointerEvent('pointermove', place));
          if (!document.querySelector('.tip').hidden) return true;
        }
        return false";
    assert_eq!(page.script(reach, json!([])).await, true);
    assert!(page.text(".tip").await.starts_with("shop: GET /cart"));
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
    page.click(".list .bar button[title='Select exactly two traces to compare']")
        .await;
    page.wait(".compare .row").await;
    page.close("compare_results").await;
}

#[tokio::test]
async fn bad_input_says_what_to_type() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "1 trace").await;
    for (field, typed, said) in [
        (
            "#tags",
            "http.response.status_code>=500",
            "\"http.response.status_code>=500\" is not key=value. Example: http.route=/cart",
        ),
        (
            "#tags",
            "foo",
            "\"foo\" is not key=value. Example: http.route=/cart",
        ),
        (
            "#minDuration",
            "100",
            "\"100\" needs a unit, e.g. 100ms or 1.2s",
        ),
    ] {
        page.type_into(field, typed).await;
        page.press(Key::Enter).await;
        page.until(&format!(
            "return document.querySelector('.problem').textContent === {}",
            json!(said)
        ))
        .await;
        page.script(
            "document.querySelector(arguments[0]).value = ''",
            json!([field]),
        )
        .await;
    }
    page.type_into("#minDuration", "1.2s").await;
    page.type_into("#maxDuration", "1s").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.problem').textContent === 'Min duration must not be longer than max'").await;
    page.look("bad_input").await;
    page.type_into("#lookup input", "xyz").await;
    page.press(Key::Enter).await;
    page.until("return document.getElementById('toast').textContent === '\"xyz\" is not a trace ID (up to 32 hex digits)'").await;
    // A trace has many notations.
    let (front, rest) = trace.split_at(8);
    let dashed = format!("{front}-{rest}").to_uppercase();
    for pasted in [
        format!("00-{trace}-0000000000000003-01"),
        format!("{}/trace/{trace}?uiFind=0000000000000003", backend.url()),
        dashed,
    ] {
        page.go(&format!("{}/search", backend.url())).await;
        page.script(
            "document.querySelector('#lookup input').value = ''",
            json!([]),
        )
        .await;
        page.type_into("#lookup input", &pasted).await;
        page.press(Key::Enter).await;
        page.until("return document.querySelectorAll('.row:not(.result)').length === 4")
            .await;
        assert!(page.url().await.contains(&trace), "{pasted}");
    }
    page.close("looked_up").await;
}

#[tokio::test]
async fn an_order_is_of_all_that_match_and_back_leads_to_the_list_as_it_was() {
    let backend = Backend::start();
    for at in 0..60_i64 {
        let span = Span::new(1, "shop", &format!("op {at}"))
            .at(-1000 * at)
            .lasting(1 + at);
        backend.send(&[span]);
    }
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "Newest 20 traces (more match)").await;
    page.click(".live").await;
    page.script("document.querySelector('[aria-label=Order]').value = 'longest'; document.querySelector('[aria-label=Order]').dispatchEvent(new Event('change'))", json!([])).await;
    summary(&page, "Longest 20 traces (more match)").await;
    assert_eq!(page.text(".result:not(.header) .operation").await, "op 59");
    page.script(
        "document.querySelectorAll('.result input')[1].click()",
        json!([]),
    )
    .await;
    page.script("document.querySelector('.rows').scrollTop = 120", json!([]))
        .await;
    page.until("return history.state?.top === 120").await;
    // A driver would scroll to the clicked element.
    page.script(
        "document.querySelectorAll('.result a')[7].click()",
        json!([]),
    )
    .await;
    page.wait(".title .operation").await;
    page.script("history.back()", json!([])).await;
    summary(&page, "Longest 20 traces (more match)").await;
    page.until("return document.querySelector('.rows').scrollTop === 120")
        .await;
    page.until("return document.querySelectorAll('.result input:checked').length === 1")
        .await;
    page.script(
        "document.querySelectorAll('.result input:not(:checked)')[4].click()",
        json!([]),
    )
    .await;
    page.click("[title='Select exactly two traces to compare']")
        .await;
    page.wait(".compare .row").await;
    page.click(".compare .row").await;
    page.until("return document.querySelector('.details h2') !== null")
        .await;
    page.close("back").await;
}

#[tokio::test]
async fn old_and_future_traces_are_found() {
    let backend = Backend::start();
    backend.send(&[Span::new(1, "batch", "old").at(-60 * 86_400_000)]);
    backend.send(&[Span::new(1, "ahead", "future").at(1_800_000)]);
    let page = Browser::open(View::Wide).await;
    for (service, operation) in [("batch", "old"), ("ahead", "future")] {
        page.go(&format!("{}/search?service={service}", backend.url()))
            .await;
        page.until(
            "return document.querySelector('.found .state')?.textContent.includes('of any time')",
        )
        .await;
        let hint = page.text(".found .state").await;
        assert!(
            hint.contains(&format!("The newest trace of {service}")),
            "{hint}"
        );
        page.look(&format!("hint_{service}")).await;
        page.click(".found .state a:last-of-type").await;
        page.until(&format!("return document.querySelector('.result:not(.header) .operation')?.textContent === '{operation}'")).await;
        assert!(page.url().await.contains("lookback=any"));
    }
    page.close("any_time").await;
}

#[tokio::test]
async fn all_tags_and_their_values_are_offered() {
    let backend = Backend::start();
    for at in 0..12_i64 {
        backend.send(&[Span::new(1, "shop", "op")
            .at(-97_000 * at)
            .with("cart.id", json!({ "intValue": at.to_string() }))]);
    }
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "12 traces").await;
    let offered =
        "return [...document.querySelectorAll('#tag-list option')].map(({ value }) => value)";
    page.until(&format!("const offered = (() => {{ {offered} }})(); return offered.includes('cart.id=') && offered.includes('error=true')")).await;
    page.type_into("#tags", "cart.id=").await;
    page.until(&format!(
        "return (() => {{ {offered} }})().includes('cart.id=11')"
    ))
    .await;
    page.close("offers").await;
}

#[tokio::test]
async fn a_result_is_a_link_beside_its_name_too_and_its_text_can_be_marked() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    summary(&page, "1 trace").await;
    // The browser opens another tab for such a click on a link, unless the page keeps it from that.
    let modified = "const click = (modifier) => document.querySelector('.result:not(.header) .lasting').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...modifier }));
        const seen = [];
        addEventListener('click', (event) => { if (event.target.closest('a')) { seen.push(event.defaultPrevented, event.ctrlKey); event.preventDefault(); } });
        click({ ctrlKey: true });
        return seen";
    assert_eq!(page.script(modified, json!([])).await, json!([false, true]));
    let mark = "getSelection().selectAllChildren(document.querySelector('.result:not(.header) .lasting')); document.querySelector('.result:not(.header) .lasting').click(); return location.pathname";
    assert_eq!(page.script(mark, json!([])).await, "/search");
    page.script("getSelection().removeAllRanges()", json!([]))
        .await;
    page.click(".result:not(.header) .lasting").await;
    page.wait(".title .operation").await;
    assert!(page.url().await.ends_with(&trace));
    page.close("result_clicked").await;
}
