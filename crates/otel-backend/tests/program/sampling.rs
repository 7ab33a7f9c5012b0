//! Tests remote sampling with the requests of Jaeger's clients.

use crate::protocols::call;
use crate::support::{Backend, command, get, refused};

const METHOD: &str = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";

#[tokio::test]
async fn everything_is_sampled_unless_a_file_says_otherwise() {
    let backend = Backend::in_memory();
    let all = r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}"#;
    for path in ["/sampling", "/api/sampling", "/"] {
        let url = backend.url("remote sampling", &format!("{path}?service=shop"));
        assert_eq!(get(&url).await, (200, all.to_owned()));
    }
    for port in ["remote sampling", "Jaeger gRPC"] {
        let url = backend.url(port, "");
        let answer = call(url, METHOD, b"\x0a\x04shop".to_vec(), None).await;
        assert_eq!(answer.unwrap(), b"\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"[..]);
    }
}

#[tokio::test]
async fn the_service_must_be_named_once() {
    let backend = Backend::in_memory();
    for query in ["", "?service=a&service=b", "?operation=a"] {
        let url = backend.url("remote sampling", &format!("/sampling{query}"));
        let text = "'service' parameter must be provided once\n".to_owned();
        assert_eq!(get(&url).await, (400, text));
    }
}

#[tokio::test]
async fn a_file_is_obeyed_and_read_again_when_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sampling.json");
    let path = file.to_str().unwrap();
    let write = |rate: i32| {
        let json = format!(
            r#"{{"service_strategies": [
                {{"service": "a b", "type": "ratelimiting", "param": {rate}}}]}}"#
        );
        std::fs::write(&file, json).unwrap();
    };
    write(5);
    let backend = Backend::start(&["--memory", "--sampling-file", path]);
    let url = backend.url("remote sampling", "/sampling?service=a+b");
    let limited = |rate: i32| {
        let body = format!(
            r#"{{"strategyType":"RATE_LIMITING","rateLimitingSampling":{{"maxTracesPerSecond":{rate}}}}}"#
        );
        (200, body)
    };
    assert_eq!(get(&url).await, limited(5));
    write(42);
    assert_eq!(get(&url).await, limited(42));
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("sampling.json");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        r#"{"default_strategy": {"type": "all", "param": 1}}"#,
    )
    .unwrap();
    let refusal = refused(command(&["--memory", "--sampling-file", path]));
    assert_eq!(refusal.status.code(), Some(1));
    assert_eq!(
        refusal.stderr,
        format!(
            "otel-backend: {path}, which --sampling-file names, is invalid: \
             'type' of default_strategy is 'all': use probabilistic or ratelimiting\n"
        )
    );
}
