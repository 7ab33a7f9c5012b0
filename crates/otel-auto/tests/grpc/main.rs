//! Tests with real calls from the instrumented client to the instrumented server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod app;
mod beside_axum;
mod harness;
#[path = "../shared/spans.rs"]
mod spans;

use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tonic::Code;

use harness::{Test, channel, endpoint, message, named, path};
use spans::{attribute, ending, show};

/// The parts of a span that tell the outcome of the call.
fn errors(span: &SpanData) -> String {
    ending(span, "rpc.response.status_code")
}

#[tokio::test]
async fn a_call_makes_one_client_and_one_server_span() {
    let test = Test::start().await;
    let address = test.address;
    let answer = test.unary(message("metadata")).await.unwrap();
    let (client, server) = test.spans().await;

    // The context's header, and those of tonic itself.
    let names = r#"["content-type", "te", "traceparent", "user-agent"]"#;
    assert_eq!(answer, names);
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert!(server.parent_span_is_remote);
    let port = address.port().to_string();
    assert_eq!(attribute(&client, "server.port"), port);
    assert_eq!(attribute(&server, "server.port"), port);
    insta::assert_snapshot!(show(&client), @r#"
    Client test.Greeter/Unary
      rpc.system.name: "grpc"
      rpc.method: "test.Greeter/Unary"
      server.address: "127.0.0.1"
      server.port: (an integer)
      rpc.response.status_code: "OK"
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server test.Greeter/Unary
      rpc.system.name: "grpc"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      rpc.method: "test.Greeter/Unary"
      rpc.response.status_code: "OK"
    "#);
}

#[tokio::test]
async fn the_span_of_a_stream_lasts_as_long_as_the_stream() {
    let test = Test::start().await;
    let mut messages = test.server_stream("hello").await.unwrap();
    let mut count = 0;
    while messages.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
    let mut spans = test.finish().await;
    let inner: Vec<_> = spans.extract_if(.., |span| span.name == "inner").collect();
    let (client, server) = spans::client_and_server(spans);
    // The spans of the messages that the stream makes while it runs.
    assert_eq!(inner.len(), 3);
    for inner in inner {
        assert_eq!(inner.parent_span_id, server.span_context.span_id());
        assert!(inner.end_time <= server.end_time);
    }
    assert!(client.end_time >= server.end_time);
    for span in [client, server] {
        assert_eq!(span.name, "test.Greeter/ServerStream");
        assert_eq!(errors(&span), "Unset; status OK; error none");
    }
}

#[tokio::test]
async fn a_stream_of_requests_lies_within_the_spans() {
    let test = Test::start().await;
    assert_eq!(test.client_stream().await.unwrap(), "2 messages");
    let mut both = test.both_streams().await.unwrap();
    while both.message().await.unwrap().is_some() {}
    let spans = test.finish().await;
    let names = ["test.Greeter/ClientStream", "test.Greeter/BothStreams"];
    for name in names {
        let of_call = spans.iter().filter(|span| span.name == name);
        let (client, server) = spans::client_and_server(of_call.cloned().collect());
        assert_eq!(server.parent_span_id, client.span_context.span_id());
        for span in [client, server] {
            assert_eq!(attribute(&span, "rpc.method"), name);
            assert_eq!(errors(&span), "Unset; status OK; error none");
        }
    }
    assert_eq!(spans.len(), 4);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_on_both_sides() {
    let test = Test::start().await;
    let mut messages = test.server_stream("broken").await.unwrap();
    let status = loop {
        match messages.message().await {
            Ok(message) => assert!(message.is_some()),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::DataLoss);
    let mut spans = test.finish().await;
    spans.retain(|span| span.name != "inner");
    let (client, server) = spans::client_and_server(spans);
    let broken = r#"Error { description: "broken" }; status DATA_LOSS; error DATA_LOSS"#;
    assert_eq!(errors(&client), broken);
    assert_eq!(errors(&server), broken);
}

#[tokio::test]
async fn each_status_is_an_error_on_the_sides_that_the_convention_names() {
    let of_server = [2, 4, 12, 13, 14, 15];
    for code in 1..=16 {
        let test = Test::start().await;
        let answer = test.unary(message(&code.to_string())).await;
        assert_eq!(answer.unwrap_err().code(), Code::from(code));
        let (client, server) = test.spans().await;
        let name = attribute(&client, "rpc.response.status_code");
        let failed =
            format!(r#"Error {{ description: "as you wish" }}; status {name}; error {name}"#);
        assert_eq!(errors(&client), failed);
        if of_server.contains(&code) {
            assert_eq!(errors(&server), failed);
        } else {
            assert_eq!(errors(&server), format!("Unset; status {name}; error none"));
        }
        assert_eq!(attribute(&server, "rpc.method"), "test.Greeter/Unary");
    }
}

#[tokio::test]
async fn a_method_that_nobody_has_is_no_name() {
    for path in ["/test.Greeter/Nothing", "/test.Nobody/Unary", "/"] {
        let test = Test::start().await;
        let status = test.other(path).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        let (client, server) = test.spans().await;
        for span in [client, server] {
            assert_eq!(span.name, "grpc");
            assert_eq!(attribute(&span, "rpc.method"), "_OTHER");
            let original = attribute(&span, "rpc.method_original");
            assert_eq!(format!("/{original}"), path);
            assert_eq!(attribute(&span, "error.type"), "UNIMPLEMENTED");
        }
    }
}

#[tokio::test]
async fn a_deadline_that_passes_is_an_error_of_the_client() {
    let test = Test::start().await;
    let mut request = message("silent");
    request.set_timeout(Duration::from_millis(50));
    test.unary(request).await.unwrap_err();
    let (client, _) = test.spans().await;
    insta::assert_snapshot!(errors(&client), @r#"Error { description: "Timeout expired" }; status DEADLINE_EXCEEDED; error DEADLINE_EXCEEDED"#);
}

/// The client leaves the deadline to the server, which ends the call.
#[tokio::test]
async fn a_deadline_that_passes_is_an_error_of_the_server() {
    let test = Test::start().await;
    let client = reqwest::Client::builder().http2_prior_knowledge();
    let request = client.build().unwrap().post(test.url("Unary"));
    let parent = format!("00-{}-0000000000000001-01", test.trace_id());
    let response = request
        .header("content-type", "application/grpc")
        .header("grpc-timeout", "50m")
        .header("traceparent", parent)
        .body(&b"\0\0\0\0\x06silent"[..])
        .send();
    assert_eq!(
        response.await.unwrap().headers()["grpc-message"],
        "Timeout%20expired"
    );
    let server = test.finish().await.remove(0);
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "dropped before it ended" }; status DEADLINE_EXCEEDED; error DEADLINE_EXCEEDED"#);
}

#[tokio::test]
async fn a_timeout_of_the_channel_is_an_error_of_the_client() {
    let test = Test::with_timeout(Duration::from_millis(50)).await;
    test.unary(message("silent")).await.unwrap_err();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(errors(&client), @r#"Error { description: "Timeout expired" }; status DEADLINE_EXCEEDED; error DEADLINE_EXCEEDED"#);
    // The server was not told of the deadline, so it sees a cancellation.
    insta::assert_snapshot!(errors(&server), @"Unset; status CANCELLED; error none");
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_cancelled() {
    let test = Test::start().await;
    let mut messages = test.server_stream("endless").await.unwrap();
    assert!(messages.message().await.unwrap().is_some());
    drop(messages);
    let mut spans = test.finish().await;
    spans.retain(|span| span.name != "inner");
    let (client, server) = spans::client_and_server(spans);
    insta::assert_snapshot!(errors(&client), @r#"Error { description: "dropped before it ended" }; status CANCELLED; error CANCELLED"#);
    insta::assert_snapshot!(errors(&server), @"Unset; status CANCELLED; error none");
}

#[tokio::test]
async fn a_method_that_panics_ends_its_span() {
    let test = Test::start().await;
    test.unary(message("panic")).await.unwrap_err();
    let (client, server) = test.spans().await;
    assert_ne!(attribute(&client, "error.type"), "none");
    insta::assert_snapshot!(errors(&server), @r#"Error { description: "the handler panicked" }; status none; error panic"#);
    assert_eq!(attribute(&server, "rpc.method"), "test.Greeter/Unary");
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let trace = spans::Trace::new();
    let mut grpc = tonic::client::Grpc::new(channel(&endpoint(closed)));
    let call = async {
        grpc.ready().await.unwrap();
        let request = named(message("hello"), "Unary");
        grpc.unary(request, path("Unary"), test_kit::grpc::Raw)
            .await
    };
    let status = trace.run(call).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    insta::assert_snapshot!(show(&trace.finished()[0]), @r#"
    Client test.Greeter/Unary (error "Connection refused (os error 111)")
      rpc.system.name: "grpc"
      rpc.method: "test.Greeter/Unary"
      server.address: "127.0.0.1"
      server.port: (an integer)
      rpc.response.status_code: "UNAVAILABLE"
      error.type: "UNAVAILABLE"
    "#);
}

#[tokio::test]
async fn spans_of_the_method_nest_under_the_server_span() {
    let test = Test::start().await;
    test.unary(message("hello")).await.unwrap();
    let spans = test.finish().await;
    let server = spans
        .iter()
        .find(|span| span.parent_span_is_remote)
        .unwrap();
    let inner = spans.iter().find(|span| span.name == "inner").unwrap();
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
}

#[tokio::test]
async fn a_parent_that_is_not_sampled_leaves_the_call_unsampled() {
    let test = Test::start().await;
    let mut request = message("hello");
    let parent = format!("00-{}-0000000000000001-00", test.trace_id());
    let metadata = request.metadata_mut();
    metadata.insert("traceparent", parent.parse().unwrap());
    let plain = endpoint(test.address).connect().await.unwrap();
    let mut grpc = tonic::client::Grpc::new(plain);
    grpc.ready().await.unwrap();
    let raw = test_kit::grpc::Raw;
    grpc.unary(request, path("Unary"), raw).await.unwrap();
    drop(grpc);
    assert!(test.finish().await.is_empty());
}
