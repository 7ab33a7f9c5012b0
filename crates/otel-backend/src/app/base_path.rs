//! Serves the page and the query APIs under a base path, for a proxy that does not remove it.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use http::uri::PathAndQuery;
use http::{StatusCode, Uri};
use tower::ServiceExt as _;

/// All routes of `router` under a path such as `/tracing`, and nowhere else.
pub(super) fn under(base: String, router: Router) -> Router {
    Router::new().fallback(move |request| answer(base.clone(), router.clone(), request))
}

async fn answer(base: String, router: Router, mut request: Request) -> Response {
    // The page refers to its files relative to its URL, which must end with a slash.
    if [base.as_str(), "/"].contains(&request.uri().path()) {
        return Redirect::temporary(&format!("{base}/")).into_response();
    }
    let Some(uri) = without(&base, request.uri()) else {
        let reason = format!("404 page not found: everything here is under {base}/\n");
        return (StatusCode::NOT_FOUND, reason).into_response();
    };
    *request.uri_mut() = uri;
    router.oneshot(request).await.into_response()
}

/// A URI without the base path.
fn without(base: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    if !rest.starts_with('/') {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_path_is_taken_off_and_nothing_else() {
        let check = |uri: &str, expected: Option<&str>| {
            let uri = without("/a/b", &uri.parse().unwrap());
            assert_eq!(uri.map(|uri| uri.to_string()).as_deref(), expected);
        };
        check("/a/b/", Some("/"));
        check("/a/b/api/traces?x=/a/b", Some("/api/traces?x=/a/b"));
        check("http://h:1/a/b/search", Some("http://h:1/search"));
        for uri in ["/a/b", "/a/bc/d", "/a", "/", "/x/a/b/"] {
            check(uri, None);
        }
    }
}
