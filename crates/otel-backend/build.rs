//! Packs the trace page into the program.
//!
//! The files in `ui/` run unpacked from any web server. Packing makes them fewer and smaller.

#[path = "build/pack.rs"]
mod pack;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};
use zopfli::Format;

/// Pages, and parts of a page, that are loaded on demand. The trace page needs none of them at
/// first.
const PAGES: [&str; 13] = [
    "search-page.js",
    "search-views.js",
    "list-page.js",
    "compare-page.js",
    "dependencies-page.js",
    "logs-page.js",
    "trace-logs.js",
    "service-page.js",
    "trace-views.js",
    "trace-copies.js",
    "conversation.js",
    "back-links.js",
    "file-formats.js",
];

/// Style sheets that pages load together with their scripts.
const STYLES: [&str; 7] = [
    "charts.css",
    "compare.css",
    "dependencies.css",
    "explorer.css",
    "logs.css",
    "search-page.css",
    "service.css",
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=ui/index.html");
    println!("cargo::rerun-if-changed=ui/static");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let out = PathBuf::from(out);
    let mut list = String::from("&[\n");
    for (name, contents) in files()? {
        let file = name.replace('/', "-");
        let mut packed = Vec::new();
        let options = zopfli::Options::default();
        zopfli::compress(options, Format::Gzip, contents.as_bytes(), &mut packed)?;
        fs::write(out.join(&file), packed)?;
        let include = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))");
        writeln!(list, "    ({name:?}, {include}),").map_err(io::Error::other)?;
    }
    list.push(']');
    fs::write(out.join("ui_files.rs"), list)
}

/// The files to embed, keyed by the path of their requests.
fn files() -> io::Result<Vec<(String, String)>> {
    let root = Path::new("ui");
    let read = |file: &str| fs::read_to_string(root.join("static").join(file));
    let page = pack::page(&fs::read_to_string(root.join("index.html"))?, read)?;
    println!("cargo::rustc-env=UI_STYLES={}", sources(&page.styles));
    println!("cargo::rustc-env=UI_SCRIPTS={}", sources(&page.scripts));
    let mut files = vec![("index.html".to_owned(), page.html)];
    let worker = pack::script("worker.js", read)?;
    files.push(("static/worker.js".to_owned(), worker));
    for (name, script) in pack::scripts("main.js", &PAGES, "shared.js", read)? {
        files.push((format!("static/{name}"), script));
    }
    for name in STYLES {
        let style = pack::without_comments(&read(name)?);
        files.push((format!("static/{name}"), style));
    }
    let icon = "favicon.svg";
    files.push((format!("static/{icon}"), read(icon)?));
    Ok(files)
}

/// The hashes with which a content security policy allows these inline contents.
fn sources(contents: &[String]) -> String {
    let hash = |contents| BASE64.encode(Sha256::digest(contents));
    let sources = contents.iter().map(|c| format!("'sha256-{}'", hash(c)));
    sources.collect::<Vec<_>>().join(" ")
}
