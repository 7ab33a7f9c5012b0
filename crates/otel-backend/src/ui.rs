//! The trace page: files that the program carries inside itself.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode, Uri};
use xxhash_rust::xxh3::xxh3_64;

/// Every file of the folder `ui`, by its path in there.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// What the page may do: load its own scripts, styles and pictures, and ask its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const INDEX: &str = "index.html";

/// The page under every path that nothing else has, and its files under `…/static/` at any depth:
/// the page names them relative to its own address, so that it works under any base path.
pub fn router() -> Router {
    Router::new().fallback(get(answer))
}

async fn answer(uri: Uri, headers: HeaderMap) -> Response {
    serve(file_of(uri.path()), &headers)
}

/// The file that answers for a path.
fn file_of(path: &str) -> &str {
    match path.rfind("/static/") {
        Some(slash) => path.get(slash + 1..).unwrap_or(INDEX),
        None => INDEX,
    }
}

/// Answers with a file. Names do not change with contents, so browsers ask every time whether the
/// file is still the one they have.
fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some((name, bytes)) = FILES.iter().find(|(name, _)| *name == path) else {
        return (StatusCode::NOT_FOUND, "404 page not found\n").into_response();
    };
    let etag = format!("\"{:016x}\"", xxh3_64(bytes));
    let known = headers.get(IF_NONE_MATCH);
    let unchanged = known.is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let common = [
        (ETAG, etag.as_str()),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_TYPE, content_type(name)),
    ];
    if unchanged {
        (StatusCode::NOT_MODIFIED, common).into_response()
    } else {
        (common, *bytes).into_response()
    }
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
    fn an_unchanged_file_is_not_sent_again() {
        let first = serve(INDEX, &HeaderMap::new());
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(serve(INDEX, &headers).status(), StatusCode::NOT_MODIFIED);
    }
}
