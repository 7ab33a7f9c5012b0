//! Traces as files.

use browser_tests::{Backend, Browser, View};
use serde_json::{Value, json};

use crate::traces::shop;

const FETCH: &str = "const [url, done] = arguments; fetch(url).then((answer) => answer.text()).then(done, (error) => done(String(error)))";

/// What the link in the menu downloads.
async fn download(page: &Browser, link: usize) -> String {
    let href = page
        .script(
            "return document.querySelectorAll('.menu a[download]')[arguments[0]].href",
            json!([link]),
        )
        .await;
    let text = page.script_async(FETCH, vec![href]).await;
    text.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_trace_is_downloaded_copied_and_dropped_again() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".menu summary").await;
    let jaeger = download(&page, 0).await;
    let otlp = download(&page, 1).await;
    assert!(otlp.contains("resourceSpans"), "{otlp}");
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
    let unwrapped: Value = serde_json::from_str(&otlp).unwrap();
    page.drop_file("trace.otlp.json", &unwrapped["result"].to_string())
        .await;
    page.until("return document.querySelectorAll('.row').length === 4")
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
    let both = page.script_async(FETCH, vec![url]).await;
    page.drop_file("both.json", both.as_str().unwrap_or_default())
        .await;
    page.wait("dialog .choices li:nth-child(2)").await;
    page.look("choose").await;
    page.click("dialog .choices li:nth-child(2) a").await;
    page.until(
        "return location.pathname.startsWith('/trace/') && !document.querySelector('dialog')",
    )
    .await;
    page.close("chosen").await;
}
