//! Tests with real requests from the instrumented client to the instrumented server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod app;
mod harness;
#[path = "../shared/spans.rs"]
mod spans;

use std::time::Duration;

use axum::http::Method;
use otel_auto::http::Client;
use tokio::net::TcpListener;

use harness::Test;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;
use spans::{attribute, ending, show};

/// The parts of a span that tell the outcome of the request.
fn errors(span: &SpanData) -> String {
    ending(span, "http.response.status_code")
}

#[tokio::test]
async fn an_answer_makes_one_client_and_one_server_span() {
    let test = Test::start().await;
    let response = test
        .run(
            test.get("/users/7?name=a&sig=secret")
                .header("user-agent", "tester")
                .send(),
        )
        .await
        .unwrap();
    let traceresponse = response.headers()["traceresponse"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(response.text().await.unwrap(), "user 7");
    let (client, server) = test.spans().await;

    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert!(server.parent_span_is_remote);
    let (trace, span) = (
        server.span_context.trace_id(),
        server.span_context.span_id(),
    );
    assert_eq!(traceresponse, format!("00-{trace}-{span}-01"));
    insta::assert_snapshot!(show(&client), @r#"
    Client GET
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/users/7?name=a&sig=REDACTED"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(200)
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET /users/{id}
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/users/7"
      url.query: "name=a&sig=REDACTED"
      http.route: "/users/{id}"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      user_agent.original: "tester"
      http.response.status_code: I64(200)
    "#);
}

#[tokio::test]
async fn the_client_sends_the_context_and_no_other_header() {
    let test = Test::start().await;
    let response = test.run(test.get("/headers").send()).await.unwrap();
    let names = response.text().await.unwrap();
    assert_eq!(names, "accept,host,traceparent");
    test.spans().await;
}

#[tokio::test]
async fn a_path_without_a_route_is_no_name() {
    let test = Test::start().await;
    test.run(test.get("/nowhere").send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/nowhere"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(404)
      error.type: "404"
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/nowhere"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(404)
    "#);
}

#[tokio::test]
async fn a_failure_of_the_server_is_an_error_on_both_sides() {
    let test = Test::start().await;
    test.run(test.get("/broken").send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/broken"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(500)
      error.type: "500"
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET /broken (error "")
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/broken"
      http.route: "/broken"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(500)
      error.type: "500"
    "#);
}

#[tokio::test]
async fn an_unknown_method_is_kept_apart() {
    let test = Test::start().await;
    let method = "FOO".parse().unwrap();
    let request = test.client.request(method, test.url("/any"));
    test.run(request.send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client HTTP
      http.request.method: "_OTHER"
      http.request.method_original: "FOO"
      url.full: "http://127.0.0.1:PORT/any"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(200)
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server HTTP /any
      http.request.method: "_OTHER"
      http.request.method_original: "FOO"
      url.scheme: "http"
      url.path: "/any"
      http.route: "/any"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(200)
    "#);
}

#[tokio::test]
async fn a_refused_connection_is_named() {
    let test = Test::start().await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let request = test.client.get(format!("http://{closed}/"));
    assert!(test.run(request.send()).await.is_err());
    let client = test.finish().await.remove(0);
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "Connection refused (os error 111)")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/"
      server.address: "127.0.0.1"
      server.port: (an integer)
      error.type: "connection_refused"
    "#);
}

#[tokio::test]
async fn a_timeout_ends_both_spans() {
    let test = Test::start().await;
    let request = test.get("/silent").timeout(Duration::from_millis(50));
    assert!(test.run(request.send()).await.unwrap_err().is_timeout());
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(errors(&client), @r#"Error { description: "operation timed out" }; status none; error timeout"#);
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "dropped before it was answered" }; status none; error cancelled"#);
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_span() {
    let test = Test::start().await;
    assert!(test.run(test.get("/panic").send()).await.is_err());
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(errors(&client), @r#"Error { description: "connection closed before message completed" }; status none; error _OTHER"#);
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "the handler panicked" }; status none; error panic"#);
}

#[tokio::test]
async fn a_body_that_fails_is_an_error_of_the_server() {
    let test = Test::start().await;
    // The request fails before the head is sent.
    assert!(test.run(test.get("/body/fails").send()).await.is_err());
    let (_, server) = test.spans().await;
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "the response body failed" }; status 200; error body"#);
}

#[tokio::test]
async fn a_client_that_goes_away_is_an_error_of_the_server() {
    let test = Test::start().await;
    let response = test.run(test.get("/body/endless").send()).await.unwrap();
    drop(response);
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(errors(&client), @"Unset; status 200; error none");
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "dropped before its body was sent" }; status 200; error cancelled"#);
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_to_wait_for() {
    let test = Test::start().await;
    let request = test.client.request(Method::HEAD, test.url("/users/7"));
    test.run(request.send()).await.unwrap();
    let (_, server) = test.spans().await;
    assert_eq!(server.name, "HEAD /users/{id}");
    insta::assert_snapshot!(errors(&server), @"Unset; status 200; error none");
}

#[tokio::test]
async fn http_2_is_named() {
    let http2 = reqwest::Client::builder().http2_prior_knowledge();
    let mut test = Test::start().await;
    test.client = Client::new(http2.build().unwrap());
    test.run(test.get("/users/7").send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client GET
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/users/7"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "2"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(200)
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET /users/{id}
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/users/7"
      http.route: "/users/{id}"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "2"
      http.response.status_code: I64(200)
    "#);
}

#[tokio::test]
async fn the_headers_of_a_proxy_count_only_when_trusted() {
    let forwarded = "for=203.0.113.7;host=example.com:443;proto=https";
    for path in ["/any", "/proxied/any"] {
        let test = Test::start().await;
        test.run(test.get(path).header("forwarded", forwarded).send())
            .await
            .unwrap();
        let (_, server) = test.spans().await;
        let value = |key| attribute(&server, key);
        assert_eq!(value("network.peer.address"), "127.0.0.1");
        let seen = ["url.scheme", "server.address", "client.address"].map(value);
        if path == "/any" {
            assert_eq!(seen, ["http", "127.0.0.1", "127.0.0.1"]);
        } else {
            assert_eq!(seen, ["https", "example.com", "203.0.113.7"]);
            assert_eq!(value("server.port"), "443");
        }
    }
}

#[tokio::test]
async fn a_parent_that_is_not_sampled_leaves_the_request_unsampled() {
    let test = Test::start().await;
    let parent = format!("00-{}-0000000000000001-00", test.trace_id());
    let request = reqwest::Client::new().get(test.url("/headers"));
    let response = request.header("traceparent", parent).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(test.finish().await.is_empty());
}

#[tokio::test]
async fn of_two_parents_none_counts() {
    let test = Test::start().await;
    let request = reqwest::Client::new().get(test.url("/headers"));
    let parent = |span| format!("00-{}-000000000000000{span}-01", test.trace_id());
    let one = request.header("traceparent", parent(1));
    let two = one.try_clone().unwrap().header("traceparent", parent(2));
    for request in [one, two] {
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    // The other request begins a trace of its own.
    let spans = test.finish().await;
    let parents: Vec<_> = spans.iter().map(|span| span.parent_span_id).collect();
    assert_eq!(parents, [SpanId::from(1)]);
}

#[tokio::test]
async fn a_host_without_a_port_has_that_of_the_scheme() {
    for (path, forwarded, port) in [
        ("/any", "", "80"),
        ("/proxied/any", "host=example.com;proto=http", "80"),
        ("/proxied/any", "host=example.com;proto=https", "443"),
    ] {
        let test = Test::start().await;
        let request = test.get(path).header("host", "example.com");
        test.run(request.header("forwarded", forwarded).send())
            .await
            .unwrap();
        let (_, server) = test.spans().await;
        assert_eq!(attribute(&server, "server.address"), "example.com");
        assert_eq!(
            attribute(&server, "server.port"),
            port,
            "{path} {forwarded}"
        );
    }
}

#[tokio::test]
async fn redirects_lie_inside_one_client_span() {
    let test = Test::start().await;
    let response = test.run(test.get("/moved").send()).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "anything");
    let spans = test.finish().await;
    let of = |name: &str| {
        spans
            .iter()
            .filter(|span| span.name == name)
            .collect::<Vec<_>>()
    };
    let [client] = of("GET")[..] else {
        panic!("{spans:?}");
    };
    assert!(attribute(client, "url.full").ends_with("/moved"));
    assert_eq!(attribute(client, "http.response.status_code"), "200");
    for name in ["GET /moved", "GET /any"] {
        let [server] = of(name)[..] else {
            panic!("{spans:?}");
        };
        assert_eq!(server.parent_span_id, client.span_context.span_id());
    }
}

#[tokio::test]
async fn credentials_in_the_url_are_not_recorded() {
    let test = Test::start().await;
    let url = test.url("/any?Signature=secret&X-Goog-Signature=secret&AWSAccessKeyId=secret");
    let url = url.replace("http://", "http://user:secret@");
    test.run(test.client.get(url).send()).await.unwrap();
    let (client, server) = test.spans().await;
    let query = "Signature=REDACTED&X-Goog-Signature=REDACTED&AWSAccessKeyId=REDACTED";
    assert_eq!(attribute(&server, "url.query"), query);
    let full = attribute(&client, "url.full");
    // reqwest moves the user and the password to a header before the span can see them.
    assert!(full.starts_with("http://127.0.0.1"), "{full}");
    assert!(full.ends_with(query), "{full}");
    assert!(!format!("{client:?}{server:?}").contains("secret"));
}

#[tokio::test]
async fn tracing_in_a_handler_nests_under_the_server_span() {
    let test = Test::start().await;
    test.run(test.get("/nested").send()).await.unwrap();
    let spans = test.finish().await;
    let server = spans
        .iter()
        .find(|span| span.name == "GET /nested")
        .unwrap();
    let inner = spans.iter().find(|span| span.name == "inner").unwrap();
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
}
