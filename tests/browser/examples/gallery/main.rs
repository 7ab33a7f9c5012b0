//! Makes docs/gallery.md and its pictures: runs the gallery, and opens each exhibit in Chromium.
//!
//! ```text
//! cargo run --locked -p browser-tests --example gallery
//! ```

mod page;

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use browser_tests::{Browser, View};
use serde::Deserialize;
use serde_json::json;
use test_kit::{Backend, program, root, run};

/// The size of the pictures. The page has another layout if it is narrower.
const SIZE: (u32, u32) = (1280, 640);

/// The quality of the pictures in percent, which keeps text sharp.
const QUALITY: u32 = 45;

/// The output of `shop gallery --json`.
#[derive(Deserialize)]
struct Gallery {
    /// The address that shows all visits.
    all: String,
    exhibits: Vec<Exhibit>,
}

/// An exhibit in the output of `shop gallery --json`.
#[derive(Deserialize)]
struct Exhibit {
    name: String,
    what: String,
    role: String,
    trouble: String,
    variables: Vec<(String, String)>,
    query: String,
    look: String,
    change: String,
    address: String,
}

#[tokio::main]
async fn main() {
    let backend = Backend::in_memory();
    let Gallery { all, exhibits } = show(&backend);
    let folder = root().join("docs/images/gallery");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let browser = Browser::open(View::Wide).await;
    browser.resize(SIZE.0, SIZE.1).await;
    open(&browser, &all).await;
    take(&browser, &folder.join("all.webp")).await;
    for exhibit in &exhibits {
        open(&browser, &exhibit.address).await;
        take(&browser, &folder.join(format!("{}.webp", exhibit.name))).await;
    }
    browser.quit().await;
    let path = root().join("docs/gallery.md");
    fs::write(&path, page::page(&exhibits))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Runs the gallery.
fn show(backend: &Backend) -> Gallery {
    // It runs trace-check, which must be in the same folder.
    program("trace-check");
    let shown = run(Command::new(program("shop"))
        .args(["gallery", "--json", "--otlp-endpoint", &backend.otlp_grpc()])
        .args(["--query-url", &backend.ui("")]));
    assert_eq!(shown.code(), Some(0), "{shown:#?}");
    serde_json::from_str(&shown.stdout).unwrap_or_else(|error| panic!("{error}: {shown:#?}"))
}

/// Opens a page, and waits until everything is shown.
async fn open(browser: &Browser, address: &str) {
    browser.go(address).await;
    if address.contains("/search?") {
        browser.wait(".row.result a, a.row.result").await;
        return;
    }
    if !address.contains("uiFind=") {
        // The span that the page itself marks as odd.
        browser.click(".row[aria-label*='warning']").await;
    }
    browser.wait(".details h2").await;
}

/// Saves a picture of the page.
async fn take(browser: &Browser, path: &Path) {
    // Two frames later everything is drawn.
    let drawn = "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
    browser.script_async(drawn, Vec::new()).await;
    let options = json!({ "format": "webp", "quality": QUALITY });
    let picture = browser.cdp("Page.captureScreenshot", options).await;
    let data = picture["data"].as_str().unwrap_or_default();
    let kept = BASE64
        .decode(data)
        .map_err(std::io::Error::other)
        .and_then(|data| fs::write(path, data));
    kept.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
