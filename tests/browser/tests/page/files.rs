//! Traces as files.

use browser_tests::{Backend, Browser, View};
use serde_json::{Value, json};

use crate::traces::shop;

const FETCH: &str = "const [url, done] = arguments; fetch(url).then((answer) => answer.text()).then(done, (error) => done(String(error)))";

/// The address of the last file that the page made.
const KEEP_FILE: &str = "const make = URL.createObjectURL; URL.createObjectURL = (blob) => { window.made = blob; return make(blob); }";
const READ_FILE: &str = "const [done] = arguments; window.made.text().then(done)";

async fn fetch(page: &Browser, url: Value) -> String {
    let text = page.script_async(FETCH, vec![url]).await;
    text.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_trace_is_downloaded_copied_and_dropped_again() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".menu summary").await;
    let href = page
        .script(
            "return document.querySelector('.menu a[download]').href",
            json!([]),
        )
        .await;
    let jaeger = fetch(&page, href).await;
    page.script(KEEP_FILE, json!([])).await;
    page.click(".menu summary").await;
    page.click(".menu a + button").await;
    page.until("return window.made !== undefined").await;
    let otlp = page.script_async(READ_FILE, Vec::new()).await;
    let otlp = otlp.as_str().unwrap_or_default();
    assert!(otlp.starts_with("{\"resourceSpans\":["), "{otlp}");
    page.click(".menu summary").await;
    page.click(".menu button:first-of-type").await;
    page.until("return document.getElementById('toast').textContent === 'Trace copied'")
        .await;
    let copied: Value = serde_json::from_str(&page.clipboard().await).unwrap();
    assert_eq!(copied["data"][0]["spans"].as_array().map(Vec::len), Some(4));

    // To a backend that knows no trace.
    let empty = Backend::start();
    page.go(empty.url()).await;
    page.wait(".state").await;
    page.drop_file("trace.json", &jaeger).await;
    page.until("return document.querySelectorAll('.row').length === 4")
        .await;
    assert_eq!(page.text(".title .operation").await, "GET /cart");
    page.look("dropped").await;
    page.script("document.querySelector('.title').id = 'before'", json!([]))
        .await;
    page.drop_file("trace.otlp.json", otlp).await;
    page.until("return !document.getElementById('before') && document.querySelectorAll('.row').length === 4")
        .await;
    page.drop_file("broken.json", "{\"data\": [{\"spans\": ")
        .await;
    page.until("return document.getElementById('toast').textContent.startsWith('broken.json: ')")
        .await;
    page.quit().await;
}

#[tokio::test]
async fn a_file_of_several_traces_lets_one_be_chosen() {
    let backend = Backend::start();
    let traces = [backend.send(&shop()), backend.send(&shop())];
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&traces[0])).await;
    page.wait(".row").await;
    let url = json!(format!(
        "{}/api/traces?traceID={}&traceID={}",
        backend.url(),
        traces[0],
        traces[1]
    ));
    let both = fetch(&page, url).await;
    page.drop_file("both.json", &both).await;
    page.wait("dialog .choices li:nth-child(2)").await;
    page.look("choose").await;
    page.click("dialog .choices li:nth-child(2) a").await;
    page.until(
        "return location.pathname.startsWith('/trace/') && !document.querySelector('dialog')",
    )
    .await;
    page.close("chosen").await;
}
