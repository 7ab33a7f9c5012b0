//! Tests host names and web pages that are not allowed.

use serde_json::json;

use crate::support::{Backend, get_json, of_service};

struct Asked<'a> {
    method: &'a str,
    url: String,
    headers: &'a [(&'a str, &'a str)],
    body: String,
}

impl Asked<'_> {
    async fn answer(self) -> (u16, reqwest::header::HeaderMap, String) {
        let method = self.method.parse().unwrap();
        let mut request = reqwest::Client::new()
            .request(method, self.url)
            .body(self.body);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.headers().clone(),
            answer.text().await.unwrap(),
        )
    }
}

fn get<'a>(url: String, headers: &'a [(&'a str, &'a str)]) -> Asked<'a> {
    Asked {
        method: "GET",
        url,
        headers,
        body: String::new(),
    }
}

#[tokio::test]
async fn a_name_that_is_not_this_machines_is_refused_on_every_port_of_http() {
    let backend = Backend::start(&["--memory", "--allow-host", ".shop.example"]);
    let evil = [("host", "evil.example:16686")];
    for url in [
        backend.ui("/"),
        backend.ui("/api/traces/abcd"),
        backend.ui("/metrics"),
        backend.otlp_http("/v1/traces"),
        backend.otlp_grpc() + "/v1/traces",
        backend.jaeger_thrift("/api/traces"),
        backend.url("Zipkin", "/api/v2/spans"),
        backend.url("remote sampling", "/sampling?service=x"),
    ] {
        let (status, _, body) = get(url.clone(), &evil).answer().await;
        assert_eq!(status, 403, "{url}");
        assert!(
            body.contains("'evil.example:16686'") && body.contains("--allow-host"),
            "{body}"
        );
    }
    for host in [
        "localhost",
        "otel-backend:1",
        "host.docker.internal",
        "a.shop.example",
        "10.0.0.1",
    ] {
        let headers = [("host", host)];
        let (status, ..) = get(backend.ui("/api/services"), &headers).answer().await;
        assert_eq!(status, 200, "{host}");
    }
    assert_eq!(get(backend.ui("/health"), &evil).answer().await.0, 200);
}

#[tokio::test]
async fn a_page_may_send_only_if_it_is_of_this_machine_or_named() {
    let backend = Backend::start(&["--memory", "--cors-origin", "https://*.shop.example"]);
    let span = json!({"traceId": "a".repeat(32), "spanId": "b".repeat(16)});
    let otlp = of_service("page", &[span]).to_string();
    let zipkin = json!([{"traceId": "c".repeat(16), "id": "d".repeat(16)}]).to_string();
    for (url, body) in [
        (backend.otlp_http("/v1/traces"), &otlp),
        (backend.otlp_grpc() + "/v1/traces", &otlp),
        (backend.url("Zipkin", "/api/v2/spans"), &zipkin),
    ] {
        let post = async |origin: &str, content_type: &str| {
            let headers = [("origin", origin), ("content-type", content_type)];
            let asked = Asked {
                method: "POST",
                url: url.clone(),
                headers: &headers,
                body: body.clone(),
            };
            asked.answer().await
        };
        for origin in [
            "http://evil.example",
            "null",
            "http://localhost.evil.example",
        ] {
            for content_type in ["text/plain", "application/json"] {
                let (status, headers, body) = post(origin, content_type).await;
                assert_eq!(status, 403, "{url} {origin}");
                assert!(body.contains("--cors-origin"), "{body}");
                assert!(!headers.contains_key("access-control-allow-origin"));
            }
        }
        for origin in [
            "http://localhost:3000",
            "http://[::1]:1",
            "https://www.shop.example",
        ] {
            let (status, headers, _) = post(origin, "application/json").await;
            assert!(status == 200 || status == 202, "{url} {origin}: {status}");
            assert_eq!(headers["access-control-allow-origin"], origin);
            assert_eq!(headers["access-control-allow-credentials"], "true");
            assert_eq!(headers["access-control-expose-headers"], "retry-after");
            assert_eq!(headers["vary"], "origin");
            assert_eq!(post(origin, "text/plain").await.0, 415, "{url} {origin}");

            let headers = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type,x-mine"),
            ];
            let asked = Asked {
                method: "OPTIONS",
                url: url.clone(),
                headers: &headers,
                body: String::new(),
            };
            let (status, headers, _) = asked.answer().await;
            assert_eq!(status, 204, "{url} {origin}");
            assert_eq!(headers["access-control-allow-methods"], "POST");
            assert_eq!(
                headers["access-control-allow-headers"],
                "content-type,x-mine"
            );
            assert_eq!(headers["access-control-max-age"], "600");
        }
    }
    // A page that may send spans may not read them.
    let trace = get_json(&backend.ui(&format!("/api/traces/{}", "a".repeat(32)))).await;
    assert_eq!(trace["data"].as_array().map(Vec::len), Some(1));
    let (status, headers, _) = get(
        backend.ui("/api/services"),
        &[("origin", "http://localhost:3000")],
    )
    .answer()
    .await;
    assert_eq!(status, 200);
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn what_costs_is_not_for_pages_of_other_sites() {
    let backend = Backend::in_memory();
    let check = async |path: &str, mode, dest| {
        let headers = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
        ];
        get(backend.ui(path), &headers).answer().await.0
    };
    assert_eq!(check("/api/search?q={}", "no-cors", "image").await, 403);
    assert_eq!(check("/api/services", "cors", "empty").await, 403);
    assert_eq!(check("/trace/abcd", "navigate", "document").await, 200);
    assert_eq!(check("/trace/abcd", "navigate", "iframe").await, 403);
    let headers = [
        ("origin", "http://evil.example"),
        ("content-type", "text/plain"),
    ];
    let asked = Asked {
        method: "POST",
        url: backend.ui("/api/transform"),
        headers: &headers,
        body: "{}".to_owned(),
    };
    assert_eq!(asked.answer().await.0, 403);
}
