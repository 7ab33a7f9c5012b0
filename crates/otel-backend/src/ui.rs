//! The trace page: files that are embedded in the program.

use std::io::Read as _;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode, Uri};
use xxhash_rust::xxh3::xxh3_64;

/// The files of the page by path, compressed with gzip; `build/` packs them.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// The content security policy: the page may run its inline scripts and styles, load its own
/// scripts, styles and pictures, and send requests to its own server.
const POLICY: &str = concat!(
    "default-src 'none'; ",
    concat!("script-src 'self' ", env!("UI_SCRIPTS"), "; "),
    concat!("style-src 'self' ", env!("UI_STYLES"), "; "),
    "connect-src 'self'; img-src 'self' data:; ",
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
);

const INDEX: &str = "index.html";

/// The named pages, in addition to those of traces and services; the same as in
/// `ui/static/route.js`.
const PAGES: [&str; 4] = ["", "logs", "search", "dependencies"];

/// Serves the page at its paths, and its files under `…/static/` at any depth: the page refers to
/// them relative to its own address, so that it works under any base path.
pub fn router() -> Router {
    Router::new().fallback(get(answer))
}

async fn answer(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path.contains("/api/") {
        return not_found();
    }
    let file = file_of(path);
    let mut answer = serve(file, &headers);
    if file == INDEX && answer.status() == StatusCode::OK && !is_page(path) {
        // The page reports it in its own way.
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    answer
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// Returns true if there is a page at a path, whatever precedes it.
fn is_page(path: &str) -> bool {
    let (above, last) = path.rsplit_once('/').unwrap_or_default();
    let is_service = above.ends_with("/service") && !last.is_empty();
    PAGES.contains(&last) || last == "trace" || above.ends_with("/trace") || is_service
}

/// The file to serve for a path.
fn file_of(path: &str) -> &str {
    match path.rfind("/static/") {
        Some(slash) => path.get(slash + 1..).unwrap_or(INDEX),
        None => INDEX,
    }
}

/// Serves a file. File names do not change with their contents, so browsers check every time if
/// their copy is current.
fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some((name, packed)) = FILES.iter().find(|(name, _)| *name == path) else {
        return not_found();
    };
    let etag = format!("\"{:016x}\"", xxh3_64(packed));
    let known = headers.get(IF_NONE_MATCH);
    let unchanged = known.is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let common = [
        (ETAG, etag.as_str()),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "accept-encoding"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_TYPE, content_type(name)),
    ];
    if unchanged {
        (StatusCode::NOT_MODIFIED, common).into_response()
    } else if takes_gzip(headers) {
        (common, [(CONTENT_ENCODING, "gzip")], *packed).into_response()
    } else {
        (common, unpacked(packed)).into_response()
    }
}

/// Every browser accepts gzip; another client is probably a person with a command line.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let mut codings = accepted.unwrap_or_default().split(',');
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !weight.trim().starts_with("q=0")
    })
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    if let Err(error) = GzDecoder::new(packed).read_to_end(&mut contents) {
        tracing::error!(%error, "a file of the trace page cannot be unpacked");
    }
    contents
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_its_files_are_inside() {
        let html = serve(INDEX, &HeaderMap::new());
        assert_eq!(html.status(), StatusCode::OK);
        assert_eq!(html.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        let script = serve(file_of("/base/trace/static/main.js"), &HeaderMap::new());
        assert_eq!(
            script.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        let unknown = serve(file_of("/static/../index.html"), &HeaderMap::new());
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn what_is_no_page_is_not_found() {
        for path in [
            "/",
            "/logs",
            "/search",
            "/trace/abc",
            "/trace",
            "/base/dependencies",
            "/service/a",
        ] {
            assert!(is_page(path), "{path}");
        }
        for path in ["/monitor", "/searching", "/trace/a/b", "/favicon.ico"] {
            assert!(!is_page(path), "{path}");
        }
        let names = PAGES.map(|name| format!("'{name}'")).join(", ");
        let list = format!("const PAGES = new Set([{names}]);");
        assert!(
            include_str!("../ui/static/route.js").contains(&list),
            "{list}"
        );
    }

    #[test]
    fn all_files_together_are_small() {
        let bytes: usize = FILES.iter().map(|(_, packed)| packed.len()).sum();
        assert!(bytes <= 136 * 1024, "{bytes} bytes: more than 136 KiB");
    }

    fn packed_size(names: &[&str]) -> usize {
        let packed = |name: &&str| FILES.iter().find(|file| file.0 == *name).unwrap().1.len();
        names.iter().map(packed).sum()
    }

    /// The files for the list of results; the worker and other views are loaded on demand.
    #[test]
    fn the_search_page_needs_less_than_all_files() {
        let bytes = packed_size(&[
            "index.html",
            "static/main.js",
            "static/shared.js",
            "static/search-page.js",
            "static/charts.css",
            "static/explorer.css",
            "static/search-page.css",
        ]);
        assert!(bytes <= 80 * 1000, "{bytes} bytes: more than 80 KB");
    }

    #[test]
    fn a_trace_needs_less_than_all_files() {
        let bytes = packed_size(&["index.html", "static/main.js", "static/worker.js"]);
        assert!(bytes <= 60 * 1000, "{bytes} bytes: more than 60 KB");
    }

    #[test]
    fn a_file_is_compressed_for_those_who_can_read_it() {
        let mut headers = HeaderMap::new();
        let plain = serve(INDEX, &headers);
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        headers.insert(ACCEPT_ENCODING, "gzip;q=0, br".parse().unwrap());
        let refused = serve(INDEX, &headers);
        assert!(!refused.headers().contains_key(CONTENT_ENCODING));
        headers.insert(ACCEPT_ENCODING, "br, gzip".parse().unwrap());
        let packed = serve(INDEX, &headers);
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(packed.headers()[VARY], "accept-encoding");
        let (_, bytes) = FILES.iter().find(|(name, _)| *name == INDEX).unwrap();
        assert!(unpacked(bytes).starts_with(b"<!doctype html>"));
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let first = serve(INDEX, &HeaderMap::new());
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(serve(INDEX, &headers).status(), StatusCode::NOT_MODIFIED);
    }
}
