//! Tests of what a trace shows: exactly as it was sent, and easy to read.

use browser_tests::{Backend, Browser, Span, View};
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::traces::shop;

const TRACE: &str = "7e570000000000000000000000000abc";

fn text(value: &str) -> Value {
    json!({ "stringValue": value })
}

/// Sends spans of one service, `[name, parent, start, end, more]`, with times in nanoseconds after
/// `begin`.
fn send(backend: &Backend, spans: &[Value]) {
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": text("rustc") }] },
        "scopeSpans": [{ "spans": spans }],
    }] });
    backend.send_json(&body.to_string());
}

fn span(id: u32, parent: u32, name: &str, start: u64, end: u64) -> Value {
    let parent = if parent == 0 {
        String::new()
    } else {
        format!("{parent:016x}")
    };
    json!({
        "traceId": TRACE, "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.to_string(),
    })
}

/// A time in 2026, in nanoseconds since 1970.
const BEGIN: u64 = 1_790_000_000_123_456_789;

#[tokio::test]
async fn values_are_shown_as_they_were_sent() {
    let backend = Backend::start();
    let odd = r#"{"id": 12345678901234567890, "dup":1,"dup":2, "v":1.0}"#;
    let mut first = span(1, 0, "odd", BEGIN, BEGIN + 5000);
    first["attributes"] = json!([
        { "key": "odd", "value": text(odd) },
        { "key": "list", "value": { "arrayValue": { "values": [{ "intValue": "9007199254740993" }, { "intValue": "1" }] } } },
        { "key": "db.query.text", "value": text("SELECT id, name FROM items WHERE id = 1 AND name = 'from where' ORDER BY id") },
        { "key": "long", "value": text(&"line\n".repeat(400)) },
    ]);
    first["links"] = json!([{
        "traceId": "0000000000000000000000000000000f", "spanId": "000000000000000f", "traceState": "vendor=x",
        "attributes": [{ "key": "link.reason", "value": text("batch") }],
    }]);
    first["kind"] = json!(3);
    send(&backend, &[first]);
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}?uiFind=1", backend.trace_url(TRACE)))
        .await;
    page.wait(".details h2").await;
    let values = page.texts(".details section:first-of-type .value").await;
    assert_eq!(
        values[0],
        "{\n  \"id\": 12345678901234567890,\n  \"dup\": 1,\n  \"dup\": 2,\n  \"v\": 1.0\n}"
    );
    assert_eq!(values[1], "[9007199254740993,1]");
    assert_eq!(
        values[2],
        "SELECT id, name\nFROM items\nWHERE id = 1\n  AND name = 'from where'\nORDER BY id"
    );
    assert!(
        values[3].ends_with("Show all 401 linesOpen"),
        "{}",
        values[3]
    );
    let keys = page.texts(".details section:first-of-type .key").await;
    assert_eq!(
        keys,
        ["odd", "list", "db.query.text", "long"],
        "kind and status are no attributes"
    );
    let links = page.text(".references").await;
    assert!(links.contains("trace state vendor=x"), "{links}");
    assert!(links.contains("link.reasonbatch"), "{links}");
    page.look("reading_values").await;
    page.script(
        "document.querySelectorAll('.mores button')[1].click()",
        json!([]),
    )
    .await;
    page.wait("dialog.wide pre").await;
    page.click("dialog [aria-pressed]").await;
    page.wait("pre.unwrapped").await;
    page.look("reading_long").await;
    page.press(Key::Escape).await;
    page.script("document.querySelector('.mores button').click()", json!([]))
        .await;
    page.until("return document.querySelector('.mores button').textContent === 'Show less'")
        .await;
    page.close("reading_unfolded").await;
}

#[tokio::test]
async fn nanoseconds_are_shown_and_order_spans() {
    let backend = Backend::start();
    send(
        &backend,
        &[
            span(1, 0, "compile", BEGIN, BEGIN + 5000),
            span(3, 1, "ast", BEGIN + 840, BEGIN + 840 + 1500),
            span(2, 1, "lex", BEGIN + 100, BEGIN + 840),
        ],
    );
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(TRACE)).await;
    page.until("return document.querySelectorAll('.row').length === 3")
        .await;
    assert_eq!(
        page.texts(".row .operation").await,
        ["compile", "lex", "ast"]
    );
    assert_eq!(
        page.texts(".row .duration").await,
        ["5\u{202f}µs", "740\u{202f}ns", "1.5\u{202f}µs"]
    );
    page.click(".row[aria-label^='ast']").await;
    page.until(
        "return document.querySelector('.numbers')?.textContent.includes('Start+840\u{202f}ns')",
    )
    .await;
    assert!(
        page.text(".facts").await.contains(" UTC"),
        "times have a zone"
    );
    // Durations in lists are those that were sent, though no moment in microseconds is so exact.
    page.go(&format!(
        "{}/search?lookback=any&view=spans&order=longest",
        backend.url()
    ))
    .await;
    page.until("return document.querySelectorAll('.result.span:not(.header)').length === 3")
        .await;
    assert_eq!(
        page.texts(".result.span:not(.header) .number").await,
        ["5\u{202f}µs", "1.5\u{202f}µs", "740\u{202f}ns"]
    );
    page.close("reading_nanoseconds").await;
}

#[tokio::test]
async fn a_span_without_a_start_or_an_end_is_placed_and_marked() {
    let backend = Backend::start();
    let ms = 1_000_000;
    send(
        &backend,
        &[
            span(1, 0, "root", BEGIN, BEGIN + 100 * ms),
            span(2, 1, "parent", BEGIN + 20 * ms, BEGIN + 80 * ms),
            span(3, 2, "no end", BEGIN + 30 * ms, 0),
            span(4, 2, "no start", 0, BEGIN + 60 * ms),
            span(5, 2, "in milliseconds", BEGIN / ms, BEGIN / ms + 5 * ms),
        ],
    );
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(TRACE)).await;
    page.until("return document.querySelectorAll('.row').length === 5")
        .await;
    let facts = page.text(".facts").await;
    assert!(
        facts.contains("Duration100\u{202f}ms"),
        "one odd time does not squeeze the others: {facts}"
    );
    assert_eq!(
        page.text(".row[aria-label^='no end'] .duration").await,
        "no end time"
    );
    let placed = "const left = (name) => document.querySelector(`.row[aria-label^='${name}'] .bar`).offsetLeft;
        return ['no start', 'in milliseconds'].every((name) => left(name) === left('parent'))";
    assert_eq!(page.script(placed, json!([])).await, true);
    let notes = page.texts(".banner").await.join("|");
    assert!(
        notes.contains("2 spans have no usable start time and are placed at their parents."),
        "{notes}"
    );
    assert!(notes.contains("1 span has no end time."), "{notes}");
    page.click(".row[aria-label^='no start']").await;
    page.until(
        "return document.querySelector('.numbers')?.textContent.includes('no start timenot sent')",
    )
    .await;
    page.close("reading_placed").await;
}

#[tokio::test]
async fn the_error_of_a_bar_that_fills_the_width_is_read_and_rows_have_tooltips() {
    let backend = Backend::start();
    let trace = backend.send(&[
        Span::new(1, "shop", "GET /cart").lasting(100).failed(),
        Span::new(2, "shop", "late event")
            .below(1)
            .at(10)
            .lasting(9)
            .event("after", 14),
    ]);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.until(
        "return document.querySelector('.row.error .note')?.textContent === 'it did not work'",
    )
    .await;
    let whole = "const { left, right, width } = document.querySelector('.row.error .note').getBoundingClientRect();
        const beside = document.querySelector('.row.error .beside');
        return width > 0 && left > 0 && right <= innerWidth && beside.scrollWidth <= beside.clientWidth + 1";
    page.until(whole).await;
    let title = page
        .attribute(".row.error", "title")
        .await
        .unwrap_or_default();
    assert!(
        title.contains("GET /cart") && title.contains("it did not work"),
        "{title}"
    );
    let apart = "const row = document.querySelector(\".row[aria-label^='late']\");
        return row.querySelector('.beside').getBoundingClientRect().left - row.querySelector('.bar').getBoundingClientRect().right";
    let apart = page.script(apart, json!([])).await;
    assert!(
        apart.as_f64().is_some_and(|pixels| pixels > 20.0),
        "the label stands behind the event: {apart}"
    );
    page.close("reading_error").await;
}

#[tokio::test]
async fn an_exception_is_a_card_and_widths_are_remembered() {
    let backend = Backend::start();
    let stack = format!(
        "java.lang.IllegalStateException: no stock\n{}",
        "\tat com.example.Shop.reserve(Shop.java:1)\n".repeat(40)
    );
    let mut failed = span(1, 0, "reserve", BEGIN, BEGIN + 5000);
    failed["events"] = json!([{ "name": "exception", "timeUnixNano": (BEGIN + 10).to_string(), "attributes": [
        { "key": "exception.type", "value": text("java.lang.IllegalStateException") },
        { "key": "exception.message", "value": text("no stock") },
        { "key": "exception.stacktrace", "value": text(&stack) },
    ] }]);
    send(&backend, &[failed]);
    let page = Browser::open(View::Wide).await;
    let url = format!("{}?uiFind=1", backend.trace_url(TRACE));
    page.go(&url).await;
    assert_eq!(
        page.text(".exception strong").await,
        "java.lang.IllegalStateException"
    );
    assert_eq!(page.text(".exception p").await, "no stock");
    let unwrapped = "return getComputedStyle(document.querySelector('.stack')).whiteSpaceCollapse === 'preserve' && getComputedStyle(document.querySelector('.stack')).textWrapMode === 'nowrap'";
    assert_eq!(page.script(unwrapped, json!([])).await, true);
    page.look("exception").await;
    // The bar beside the details is dragged to the left, that of the names to the right; both along
    // the rows.
    let drag = "const [bar, by] = arguments; const node = document.querySelector(bar); const { left, bottom } = node.getBoundingClientRect();
        const event = (type, x) => new PointerEvent(type, { pointerId: 1, bubbles: true, buttons: 1, clientX: x, clientY: bottom - 5 });
        if (document.elementFromPoint(left + 4, bottom - 5) !== node) return false;
        node.setPointerCapture = () => {};
        node.dispatchEvent(event('pointerdown', left)); node.dispatchEvent(event('pointermove', left + by)); node.dispatchEvent(event('pointerup', left + by)); return true";
    assert_eq!(
        page.script(drag, json!([".details .splitter", -200])).await,
        true
    );
    assert_eq!(
        page.script(drag, json!([".waterfall > .splitter", 60]))
            .await,
        true
    );
    let widths = "return [document.querySelector('.details').offsetWidth, document.querySelector('.columns .names').offsetWidth]";
    let set = page.script(widths, json!([])).await;
    assert!(
        set[0].as_u64() > Some(560) && set[1].as_u64() > Some(440),
        "{set}"
    );
    page.go(&url).await;
    page.wait(".details h2").await;
    page.until(&format!(
        "return JSON.stringify((() => {{ {widths} }})()) === '{set}'"
    ))
    .await;
    page.close("exception_wide").await;
}

#[tokio::test]
async fn a_conversation_with_a_model_is_read_as_one() {
    let backend = Backend::start();
    let messages =
        json!([{ "role": "user", "parts": [{ "type": "text", "content": "Weather in Paris?" }] }]);
    let answer = json!([{ "role": "assistant", "parts": [{ "type": "tool_call", "name": "get_weather", "arguments": { "city": "Paris" } }] }]);
    let chat = Span::new(1, "agent", "chat gpt-5")
        .with("gen_ai.request.model", text("gpt-5"))
        .with("gen_ai.usage.input_tokens", json!({ "intValue": "1812" }))
        .with("gen_ai.input.messages", text(&messages.to_string()))
        .with("gen_ai.output.messages", text(&answer.to_string()));
    let trace = backend.send(&[chat]);
    let page = Browser::open(View::Dark).await;
    page.go(&backend.span_url(&trace, 1)).await;
    page.wait(".conversation").await;
    assert_eq!(
        page.texts(".conversation dl div").await,
        ["Modelgpt-5", "Input tokens1,812"]
    );
    assert_eq!(
        page.texts(".conversation li > strong").await,
        ["user", "assistant"]
    );
    let said = page.text(".conversation ol").await;
    assert!(
        said.contains("Weather in Paris?") && said.contains("calls get_weather"),
        "{said}"
    );
    page.close("conversation").await;
}

#[tokio::test]
async fn attributes_find_exclude_and_filter_and_links_lead_back() {
    let backend = Backend::start();
    let trace = "7e570000000000000000000000000def";
    let mut spans = shop();
    spans.push(
        Span::new(5, "store", "audit")
            .below(1)
            .at(70)
            .lasting(3)
            .link(trace, 3),
    );
    backend.add(trace, &spans);
    let page = Browser::open(View::Wide).await;
    page.go(&backend.span_url(trace, 3)).await;
    page.wait(".details h2").await;
    let sections = page.texts(".details section").await.join("|");
    assert!(
        sections.contains("Linked from1") && sections.contains("audit"),
        "{sections}"
    );
    page.click(".details button.key").await;
    page.look("attribute_menu").await;
    assert_eq!(
        page.texts(".popup > *").await[..4],
        [
            "Find in this trace",
            "Only spans with it",
            "Only spans without it",
            "Search traces with it"
        ]
    );
    page.click(".popup > :nth-child(2)").await;
    page.until("return [...document.querySelectorAll('.row:not(.dim) .operation')].map((node) => node.textContent).join() === 'SELECT cart'").await;
    assert_eq!(page.text(".condition").await, "db.rows=3 ✕");
    let url = page.url().await;
    assert!(url.contains("with=db.rows%3D3"), "{url}");
    page.go(&url).await;
    page.wait(".condition").await;
    page.click(".condition").await;
    page.until("return document.querySelectorAll('.row.dim').length === 0")
        .await;
    page.click(".details button.key").await;
    page.click(".popup > :nth-child(1)").await;
    page.until("return document.querySelector('.find output').textContent === '1 of 1'")
        .await;
    let marked = page
        .script("return CSS.highlights.get('found').size > 0", json!([]))
        .await;
    assert_eq!(marked, true, "the details mark what was found");
    page.click(".details button.key").await;
    page.click(".popup a").await;
    page.until("return JSON.parse(new URL(location).searchParams.get('tags'))['db.rows'] === '3'")
        .await;
    page.until("return document.querySelectorAll('.result:not(.header)').length === 1")
        .await;
    page.close("attribute_search").await;
}
