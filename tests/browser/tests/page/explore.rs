//! Tests of the search page with a backend that supports TraceQL: the query, the charts of all
//! matching spans, and clicks that narrow it.

use browser_tests::{Backend, Browser, Span, View, proxy};
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::traces::shop;

/// Sends checkouts of a shop, one per second: 30 of version 1, which take 20 ms, and 10 of version
/// 2, which take 400 ms. Of these, 5 fail, all in the region `eu`.
fn send_checkouts(backend: &Backend) {
    for at in 0..40_i64 {
        let is_new = at >= 30;
        let region = if at >= 35 || at % 3 == 0 { "eu" } else { "us" };
        let mut span = Span::new(1, "shop", "POST /checkout")
            .at(-1000 * at)
            .lasting(if is_new { 400 } else { 20 })
            .kind(2)
            .with(
                "version",
                json!({ "intValue": if is_new { "2" } else { "1" } }),
            )
            .with("region", json!({ "stringValue": region }));
        if at >= 35 {
            span = span.failed();
        }
        backend.send(&[span]);
    }
}

/// The buttons for what is compared with the rest: the errors, the slowest.
const DIFFERENT_ERRORS: &str = ".list > .bar:not(.views-bar) button:first-of-type";
const DIFFERENT_SLOW: &str = ".list > .bar:not(.views-bar) button:nth-of-type(2)";

async fn open(page: &Browser, backend: &str, parameters: &str) {
    page.go(&format!("{backend}/search?{parameters}")).await;
    page.until("return document.querySelector('.totals')?.textContent.includes('match')")
        .await;
}

/// Waits for the page's summary of all matching spans, such as `40 spans match, 5 failed`.
async fn totals(page: &Browser, text: &str) {
    page.until(&format!(
        "return document.querySelector('.totals').textContent === '{text}'"
    ))
    .await;
}

/// The query in the address.
async fn query(page: &Browser) -> String {
    let script = "return new URL(location).searchParams.get('q')";
    let query = page.script(script, json!([])).await;
    query.as_str().unwrap_or_default().to_owned()
}

/// The only value of an instant query over the last hour.
async fn metric(page: &Browser, query: &str) -> Value {
    let ask = "const [q, done] = arguments;
        fetch(`/tempo/api/metrics/query?${new URLSearchParams({ q, since: '1h' })}`)
            .then((response) => response.json()).then(({ series }) => done(series[0].value))";
    page.script_async(ask, vec![json!(query)]).await
}

#[tokio::test]
async fn a_query_is_completed_by_keyboard_from_what_the_store_holds() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url(), "").await;
    totals(&page, "4 spans match, 1 failed").await;
    page.press_all("/").await;
    page.script("document.activeElement.select()", json!([]))
        .await;
    let offers = "[...document.querySelectorAll('.offers:not([hidden]) code')].map((node) => node.textContent)";
    // Fields that contain the typed text, in any scope.
    page.press_all("{ rows").await;
    page.until(&format!("return {offers}.join() === 'span.db.rows'"))
        .await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    page.until(&format!("return {offers}[0] === '='")).await;
    page.press(Key::Down).await;
    page.press(Key::Tab).await;
    page.until(&format!("return {offers}.join() === '3'")).await;
    page.look("query_completion").await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    page.until(&format!("return {offers}.join(' ') === '&& || }}'"))
        .await;
    // The names of the spans that satisfy the other conditions.
    page.press_all("&& name = ").await;
    page.until(&format!("return {offers}.join() === '\"SELECT cart\"'"))
        .await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    page.press_all("}").await;
    page.press(Key::Escape).await;
    page.press(Key::Enter).await;
    totals(&page, "1 span matches").await;
    assert_eq!(
        query(&page).await,
        r#"{ span.db.rows = 3 && name = "SELECT cart" }"#
    );
    page.until("return !document.querySelector('.beyond').hidden")
        .await;
    page.close("query_completed").await;
}

#[tokio::test]
async fn the_form_and_the_query_are_in_step() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    open(
        &page,
        backend.url(),
        "service=store&tags=%7B%22db.rows%22%3A%223%22%7D",
    )
    .await;
    let shown = "return document.getElementById('q').value";
    let written = r#"{ resource.service.name = "store" && (.db.rows = 3 || .db.rows = "3") }"#;
    assert_eq!(page.script(shown, json!([])).await, written);
    totals(&page, "1 span matches").await;
    page.script(
        "document.getElementById('tags').value = 'error=true'",
        json!([]),
    )
    .await;
    page.click(".query .primary").await;
    page.until(
        "return document.querySelector('.result:not(.header) .errors')?.textContent === '1'",
    )
    .await;
    assert_eq!(
        query(&page).await,
        r#"{ resource.service.name = "store" && status = error }"#
    );
    page.script(
        "document.getElementById('q').value = 'name=\"load cart\" && duration >= 1ms'",
        json!([]),
    )
    .await;
    page.click(".ask-bar .primary").await;
    page.until("return document.getElementById('operation').value === 'load cart' && document.getElementById('minDuration').value === '1ms'").await;
    assert!(page.attribute(".beyond", "hidden").await.is_some());
    // Recent queries can be repeated, and saved under a name.
    page.click(".ask-bar [aria-haspopup=dialog]").await;
    page.type_into(".name-query input", "Slow carts").await;
    page.press(Key::Enter).await;
    page.until("return document.querySelector('.query-name strong')?.textContent === 'Slow carts'")
        .await;
    page.look("saved_queries").await;
    page.script("[...document.querySelectorAll('.query-name')].find((node) => node.textContent.includes('status = error')).click()", json!([])).await;
    page.until("return document.getElementById('tags').value === 'error=true'")
        .await;
    page.close("form_in_step").await;
}

#[tokio::test]
async fn a_mistake_is_marked_where_it_is_and_a_trace_is_opened_by_any_name() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    open(&page, backend.url(), "").await;
    let marked = "return document.querySelector('.mirror mark')?.textContent";
    for (typed, mark, said) in [
        (
            "{ name = }",
            "}",
            "At character 10: syntax error: unexpected }",
        ),
        (
            "{ name = \"a\" && status > ok }",
            "status > ok",
            "illegal operation for the given types",
        ),
    ] {
        page.script(
            "const box = document.getElementById('q'); box.value = arguments[0]; box.focus()",
            json!([typed]),
        )
        .await;
        page.press(Key::Escape).await;
        page.script("document.getElementById('q').focus()", json!([]))
            .await;
        page.press(Key::Enter).await;
        page.until(&format!(
            "return document.getElementById('q-problem').textContent.startsWith({})",
            json!(said)
        ))
        .await;
        assert_eq!(page.script(marked, json!([])).await, mark);
        page.until("return document.querySelector('.found .state h1')?.textContent === 'The query is refused'").await;
        page.look("query_refused").await;
    }
    // The refusals are in the console too.
    page.console().await;
    for pasted in [
        trace.clone(),
        format!("00-{trace}-0000000000000003-01"),
        backend.trace_url(&trace),
    ] {
        open(&page, backend.url(), "").await;
        page.script(
            "const box = document.getElementById('q'); box.value = arguments[0]; box.focus()",
            json!([pasted]),
        )
        .await;
        page.press(Key::Enter).await;
        page.wait(".title .operation").await;
        assert!(page.url().await.contains(&trace), "{pasted}");
    }
    page.close("query_opens_trace").await;
}

#[tokio::test]
async fn numbers_are_those_of_what_was_sent_and_of_traceql() {
    let backend = Backend::start();
    send_checkouts(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url(), "by=span.version&view=groups").await;
    totals(&page, "40 spans match, 5 failed").await;
    let all = metric(&page, "{} | count_over_time()").await;
    assert_eq!(all, 40.0);
    let keys = page.texts(".time-chart .key > span").await;
    assert_eq!(keys[..2], ["spans 40", "errors 5 (13\u{202f}%)"]);
    page.until("return document.querySelectorAll('.grouped .row').length === 2")
        .await;
    let rows = "return [...document.querySelectorAll('.grouped .row')].map((row) => [...row.children].map(({ textContent }) => textContent))";
    let rows = page.script(rows, json!([])).await;
    for (row, version, count, errors) in [
        (&rows[0], "1", "30", ""),
        (&rows[1], "2", "10", "50\u{202f}%"),
    ] {
        assert_eq!([&row[0], &row[1], &row[3]], [version, count, errors]);
        let median = format!("{{ span.version = {version} }} | quantile_over_time(duration, 0.5)");
        let median = 1000.0 * metric(&page, &median).await.as_f64().unwrap_or_default();
        let shown = row[4].as_str().unwrap_or_default();
        let digits = usize::from(median < 100.0);
        assert_eq!(
            shown,
            format!("{median:.digits$}\u{202f}ms"),
            "version {version}"
        );
    }
    page.look("groups").await;
    // A click on a group narrows the query.
    page.click(".grouped .row:nth-child(2)").await;
    totals(&page, "10 spans match, 5 failed").await;
    assert_eq!(query(&page).await, "{ span.version = 2 }");
    page.until("return document.querySelector('.summary')?.textContent === '10 traces'")
        .await;
    page.close("group_narrowed").await;
}

#[tokio::test]
async fn a_region_of_the_heat_map_is_chosen_by_keyboard_and_by_pointer() {
    let backend = Backend::start();
    send_checkouts(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url(), "lookback=15m").await;
    totals(&page, "40 spans match, 5 failed").await;
    // The top row is that of the slow spans; selects all its columns.
    page.script("document.querySelector('.heat-keys').focus()", json!([]))
        .await;
    page.press_all(
        &[Key::Right, Key::Up]
            .map(char::from)
            .into_iter()
            .collect::<String>(),
    )
    .await;
    let said = page.text(".heat [role=status]").await;
    assert!(said.contains("of 268\u{202f}ms to 537\u{202f}ms"), "{said}");
    let mut keys = vec![Key::Shift];
    keys.extend([Key::Left; 60]);
    page.press_all(&keys.into_iter().map(char::from).collect::<String>())
        .await;
    page.look("heat_region").await;
    page.press(Key::Enter).await;
    page.until("return document.activeElement.textContent === 'Narrow to this region'")
        .await;
    page.press(Key::Enter).await;
    totals(&page, "10 spans match, 5 failed").await;
    assert_eq!(
        query(&page).await,
        "{ duration >= 268.435457ms && duration <= 536.870912ms }"
    );
    // The form can express that.
    page.until("return document.getElementById('maxDuration').value === '536.870912ms'")
        .await;
    // Selects a time by dragging over a chart: half of the window is left.
    page.drag(".time-chart .reach", 0.0, 0.5).await;
    page.until("return new URL(location).searchParams.get('lookback') === 'custom'")
        .await;
    totals(&page, "0 spans match").await;
    page.script("history.back()", json!([])).await;
    totals(&page, "10 spans match, 5 failed").await;
    page.drag(".heat canvas", 0.2, 0.95).await;
    page.until("return document.activeElement.role === 'menuitem'")
        .await;
    page.press(Key::Down).await;
    page.press(Key::Enter).await;
    page.until("return new URL(location).searchParams.get('view') === 'differences'")
        .await;
    page.close("heat_compared").await;
}

#[tokio::test]
async fn what_failures_share_comes_first() {
    let backend = Backend::start();
    send_checkouts(&backend);
    let page = Browser::open(View::Wide).await;
    open(&page, backend.url(), "view=differences").await;
    page.click(DIFFERENT_ERRORS).await;
    page.wait(".attribute").await;
    let note = "return document.querySelector('.bar .note')?.textContent === 'Errors: 5 spans, compared with 35 others'";
    page.until(note).await;
    let values = "const attribute = document.querySelector('.attribute[aria-label=\"span.version\"]');
        return [...attribute.querySelectorAll('.value')].map((node) => [...node.children].map(({ textContent }) => textContent))";
    let values = page.script(values, json!([])).await;
    let shares = [
        ["2", "100\u{202f}% · 5", "14\u{202f}% · 5"],
        ["1", "0\u{202f}% · 0", "86\u{202f}% · 30"],
    ];
    assert_eq!(values, json!(shares));
    // Fields of the selection, and fields without differences, are not shown.
    let fields = page.texts(".attribute h3 code").await;
    assert!(
        !fields
            .iter()
            .any(|field| field == "status" || field == "name"),
        "{fields:?}"
    );
    page.look("differences").await;
    page.click(".attribute[aria-label='span.version'] .value")
        .await;
    totals(&page, "10 spans match, 5 failed").await;
    assert_eq!(query(&page).await, "{ span.version = 2 }");
    // The slow spans are those of version 2 too.
    open(&page, backend.url(), "view=differences").await;
    page.click(DIFFERENT_SLOW).await;
    page.wait(".attribute").await;
    let first = page.text(".attribute .value .name").await;
    assert_eq!(first, "2");
    page.close("slow_ones").await;
}

#[tokio::test]
async fn spans_are_listed_with_attributes_as_columns() {
    let backend = Backend::start();
    send_checkouts(&backend);
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    open(
        &page,
        backend.url(),
        "q=%7B%20duration%20%3E%3D%2040ms%20%7D&order=longest&view=spans&limit=5",
    )
    .await;
    page.until(
        "return document.querySelector('.summary')?.textContent === 'Longest 5 spans (more match)'",
    )
    .await;
    page.type_into(".add-column", "span.region").await;
    page.press(Key::Enter).await;
    page.until("return new URL(location).searchParams.get('column') === 'span.region'")
        .await;
    page.until("return document.querySelector('.result:not(.header) .field-value')?.textContent.length === 2")
        .await;
    assert_eq!(
        page.texts(".result:not(.header) .number").await,
        ["400\u{202f}ms"; 5]
    );
    page.look("span_list").await;
    // The same columns beside traces; a chip removes one.
    page.press_all("1").await;
    page.until("return document.querySelector('[aria-label=Traces] .field-value')?.textContent.length === 2")
        .await;
    page.look("trace_columns").await;
    page.click(".column-chip").await;
    page.until("return document.querySelector('[aria-label=Traces] .result') && !document.querySelector('.field-value')")
        .await;
    // An invalid field is reported, and can be removed.
    page.type_into(".add-column", "no field").await;
    page.press(Key::Enter).await;
    page.until(
        "return document.querySelector('.found .state h1')?.textContent === 'A column is refused'",
    )
    .await;
    assert!(page.attribute("#q-problem", "hidden").await.is_some());
    // The refusal is in the console too.
    page.console().await;
    page.click(".column-chip").await;
    page.wait("[aria-label=Traces] .result a").await;
    page.press_all("2").await;
    page.wait("[aria-label=Spans] .result a").await;
    page.press_all("j").await;
    page.press(Key::Enter).await;
    page.wait(".details h2").await;
    page.close("span_opened").await;
}

#[tokio::test]
async fn a_phone_shows_all_of_it() {
    let backend = Backend::start();
    send_checkouts(&backend);
    let page = Browser::open(View::Phone).await;
    for view in ["traces", "spans", "groups", "differences"] {
        let chosen = "chosen=%7B%20status%20%3D%20error%20%7D";
        open(&page, backend.url(), &format!("view={view}&{chosen}")).await;
        page.wait(".result, .grouped .row, .attribute").await;
        page.look(&format!("phone_{view}")).await;
    }
    page.close("phone_differences_last").await;
}

#[tokio::test]
async fn a_backend_without_traceql_is_searched_by_the_form_alone() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    let jaeger = proxy::without_tempo(backend.url());
    page.go(&format!("{jaeger}/search")).await;
    page.until("return document.querySelector('.summary')?.textContent === '1 trace'")
        .await;
    let notice = page.text(".notice").await;
    assert!(notice.contains("does not answer TraceQL"), "{notice}");
    assert_eq!(page.count("#q, .over-time, .view-buttons").await, 0);
    page.type_into("#minDuration", "1ms").await;
    page.press(Key::Enter).await;
    page.until("return new URL(location).searchParams.get('minDuration') === '1ms'")
        .await;
    page.until("return document.querySelector('.summary')?.textContent === '1 trace'")
        .await;
    // It does not have the paths of Tempo's API, which the console reports.
    page.look("no_traceql").await;
    page.quit().await;
}
