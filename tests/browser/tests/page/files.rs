//! Tests of traces as files.

use browser_tests::{Backend, Browser, Span, View};
use serde_json::{Value, json};

use crate::traces::shop;

const FETCH: &str = "const [url, done] = arguments; fetch(url).then((answer) => answer.text()).then(done, (error) => done(String(error)))";

/// Keeps the address of the last file that the page made.
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
    page.click(".menu button:nth-of-type(2)").await;
    page.until("return document.getElementById('toast').textContent === 'Trace copied'")
        .await;
    let copied: Value = serde_json::from_str(&page.clipboard().await).unwrap();
    assert_eq!(copied["data"][0]["spans"].as_array().map(Vec::len), Some(4));

    // Opens them with a backend that has no traces.
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
async fn a_file_of_several_traces_is_a_list_to_open_and_compare() {
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
    page.until("return document.querySelectorAll('.result:not(.header)').length === 2")
        .await;
    page.look("choose").await;
    page.script(
        "document.querySelectorAll('.result input').forEach((box) => box.click())",
        json!([]),
    )
    .await;
    page.click("[title='Select exactly two traces to compare']")
        .await;
    page.wait(".compare .row").await;
    page.script("history.back()", json!([])).await;
    page.click(".result:not(.header) a").await;
    assert_eq!(page.text(".title .file").await, "from file both.json");
    page.close("chosen").await;
}

#[tokio::test]
async fn files_of_other_tools_are_read_and_marked() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(&format!("{}/search", backend.url())).await;
    page.wait(".result").await;
    let url = json!(format!("{}/api/v3/traces/{trace}", backend.url()));
    let answer = fetch(&page, url).await;
    let zipkin = json!([
        { "traceId": "00000000000000aa", "id": "0000000000000001", "name": "get", "kind": "SERVER", "timestamp": 1_790_000_000_000_000_u64,
          "duration": 5000, "localEndpoint": { "serviceName": "front" } },
        { "traceId": "00000000000000aa", "id": "0000000000000002", "parentId": "0000000000000001", "name": "query",
          "timestamp": 1_790_000_000_001_000_u64, "duration": 1000, "localEndpoint": { "serviceName": "back" }, "tags": { "error": "no such row" } },
    ]);
    for (name, contents, spans) in [
        ("answer.json", answer, 4),
        ("zipkin.json", zipkin.to_string(), 2),
    ] {
        page.drop_file(name, &contents).await;
        page.until(&format!("return document.querySelector('.title .file')?.textContent === 'from file {name}' && document.querySelectorAll('.row').length === {spans}")).await;
    }
    page.until("return document.querySelector('.row.error .note')?.textContent === 'no such row'")
        .await;
    page.drop_file("empty.json", "{}").await;
    page.until("return document.getElementById('toast').textContent === 'No traces in empty.json'")
        .await;
    let accepted = "return [...document.querySelectorAll('input[type=file]')].every(({ accept, multiple }) => multiple && accept.includes('.jsonl'))";
    assert_eq!(page.script(accepted, json!([])).await, true);
    page.close("from_file").await;
}

#[tokio::test]
async fn the_timeline_is_saved_as_a_picture() {
    let backend = Backend::start();
    let mut spans = shop();
    spans.push(Span::new(5, "<store> & co", "\u{1}hostile </text>\u{202e}").below(1));
    let trace = backend.send(&spans);
    let page = Browser::open(View::Dark).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row[aria-label^='SELECT cart']").await;
    page.script("document.querySelector('.row[aria-label^=\"load cart\"] .toggle').click();
        URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return 'data:,'; }", json!([])).await;
    page.click(".menu summary").await;
    page.script("[...document.querySelectorAll('.menu button')].find(({ textContent }) => textContent.startsWith('Save as image')).click()", json!([])).await;
    page.until("return window.saved !== undefined").await;
    let read = "const drawing = new DOMParser().parseFromString(saved, 'image/svg+xml').documentElement;
        const texts = [...drawing.querySelectorAll('text')].map((text) => text.textContent);
        const ground = drawing.querySelector('rect').getAttribute('fill');
        const widths = [...drawing.querySelectorAll('g > rect:nth-of-type(2)')].map((bar) => Number(bar.getAttribute('width')));
        return { name: drawing.localName, texts, ground, widths }";
    let found = page.script(read, json!([])).await;
    assert_eq!(found["name"], "svg", "{found}");
    let texts = found["texts"].to_string();
    for text in [
        "shop: GET /cart",
        "UPDATE cart",
        "30\u{202f}ms error",
        &trace,
    ] {
        assert!(texts.contains(text), "{text} is not in {texts}");
    }
    assert!(!texts.contains("SELECT cart"), "a folded row is not drawn");
    assert_eq!(found["ground"], "rgb(20 23 28)");
    let widths: Vec<f64> = serde_json::from_value(found["widths"].clone()).unwrap();
    assert_eq!(widths.len(), 4, "{found}");
    assert!((widths[2] / widths[0] - 0.4).abs() < 0.01, "{widths:?}");
    page.close("saved_image").await;
}

#[tokio::test]
async fn the_timeline_is_saved_as_pixels_too() {
    let backend = Backend::start();
    let trace = backend.send(&shop());
    let page = Browser::open(View::Dark).await;
    page.go(&backend.trace_url(&trace)).await;
    page.wait(".row[aria-label^='SELECT cart']").await;
    let catch = "HTMLAnchorElement.prototype.click = function () { window.file = this.download; };
        URL.createObjectURL = (blob) => { createImageBitmap(blob).then((picture) => {
            const canvas = new OffscreenCanvas(picture.width, picture.height);
            const context = canvas.getContext('2d');
            context.drawImage(picture, 0, 0);
            const colours = new Set();
            const { data } = context.getImageData(0, 0, picture.width, picture.height);
            for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join(' '));
            window.saved = { type: blob.type, width: picture.width, ground: data.slice(0, 3).join(' '), colours: colours.size };
        }); return 'data:,'; }";
    page.script(catch, json!([])).await;
    page.click(".menu summary").await;
    page.script("[...document.querySelectorAll('.menu button')].find(({ textContent }) => textContent === 'Save as image (PNG)').click()", json!([])).await;
    page.until("return window.saved !== undefined").await;
    let saved = page.script("return { ...saved, file }", json!([])).await;
    assert_eq!(saved["type"], "image/png");
    assert_eq!(saved["file"], format!("{trace}.png"));
    assert_eq!(saved["width"], 2800);
    assert_eq!(saved["ground"], "20 23 28", "in the colours of the theme");
    assert!(
        saved["colours"].as_u64() > Some(20),
        "names and bars are drawn: {saved}"
    );
    page.close("saved_pixels").await;
}

#[tokio::test]
async fn files_of_odd_programs_are_read_or_refused_with_a_word() {
    let backend = Backend::start();
    backend.send(&shop());
    let page = Browser::open(View::Wide).await;
    page.go(backend.url()).await;
    page.wait(".result:not(.header) a").await;
    let trace = |id: &str| {
        json!({ "data": [{ "traceID": id, "processes": {}, "spans": [
            { "traceID": id, "spanID": "1", "operationName": "of a file", "startTime": 1_700_000_000_000_000_u64 },
        ] }] })
    };
    // No trace without spans is opened, and the name of a file does not hide what is said of it.
    let long = "x".repeat(300);
    page.drop_file(&long, r#"{"data":[{"traceID":"a","spans":[]}]}"#)
        .await;
    page.until("return /^No traces in x{80}$/.test(document.getElementById('toast').textContent)")
        .await;
    // With the mark that programs for Windows write before the text.
    page.drop_file("mark.json", &format!("\u{feff}{}", trace("a")))
        .await;
    page.until("return document.querySelector('.title .operation')?.textContent === 'of a file'")
        .await;
    // With a trace in each line.
    page.drop_file("lines.jsonl", &format!("{}\n{}\n", trace("b"), trace("c")))
        .await;
    page.until("return document.querySelector('.summary')?.textContent === '3 traces'")
        .await;
    page.close("files_odd").await;
}
