//! Tests the page and the query APIs under a base path.

use reqwest::redirect::Policy;

use crate::support::{Backend, export, get, get_json, shop_trace};

#[tokio::test]
async fn page_and_apis_lie_under_the_base_path_alone() {
    let backend = Backend::start(&["--memory", "--base-path", "/a/tracing/"]);
    export(&backend, &shop_trace()).await;
    let services = get_json(&backend.ui("/a/tracing/api/services")).await;
    assert_eq!(services["data"][0], "shop");
    let operations = get_json(&backend.ui("/a/tracing/api/v3/operations?service=shop")).await;
    assert_eq!(operations["operations"][0]["name"], "GET /");
    let search = "/a/tracing/tempo/api/search?q={}&start=1&end=1900000000";
    let found = get_json(&backend.ui(search)).await;
    assert_eq!(found["traces"].as_array().unwrap().len(), 1);
    for page in ["", "search", "trace/abcd", "trace/static/main.js"] {
        let (status, body) = get(&backend.ui(&format!("/a/tracing/{page}"))).await;
        assert!(status == 200 && !body.is_empty(), "{page}");
    }
    for path in ["/health", "/metrics"] {
        assert_eq!(get(&backend.ui(path)).await.0, 200, "{path}");
    }
    for path in ["/api/services", "/search", "/a/tracings/search", "/a"] {
        let (status, body) = get(&backend.ui(path)).await;
        let hint = "404 page not found: everything here is under /a/tracing/\n";
        assert_eq!((status, body.as_str()), (404, hint), "{path}");
    }
    let client = reqwest::Client::builder().redirect(Policy::none());
    let client = client.build().unwrap();
    for path in ["/", "/a/tracing"] {
        let answer = client.get(backend.ui(path)).send().await.unwrap();
        assert_eq!(answer.headers()["location"], "/a/tracing/", "{path}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_not_found() {
    let backend = Backend::in_memory();
    let (status, body) = get(&backend.ui("/tracing/api/services")).await;
    assert_eq!((status, body.as_str()), (404, "404 page not found\n"));
    let (status, body) = get(&backend.ui("/monitor")).await;
    assert!(
        status == 404 && body.starts_with("<!doctype html>"),
        "{body}"
    );
}
