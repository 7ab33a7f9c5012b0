//! Tests the requests that Jaeger's HTTP APIs refuse, with the complete answers.

use serde_json::Value;

use crate::support::{Backend, ask};

/// The window of `shop_trace`.
const WINDOW_V3: &str =
    "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:21Z";

/// Checks the complete error of the old API.
async fn assert_refused(backend: &Backend, path: &str, code: u16, msg: &str) {
    let msg = Value::String(msg.to_owned());
    let body = format!(
        "{{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\
         \"errors\":[{{\"code\":{code},\"msg\":{msg}}}]}}\n"
    );
    assert_eq!(
        ask(backend, reqwest::Method::GET, path).await,
        (code, "text/plain; charset=utf-8".to_owned(), body),
        "{path}"
    );
}

/// Checks the complete error of the v3 API.
async fn assert_refused_v3(backend: &Backend, path: &str, code: u16, message: &str) {
    let message = Value::String(message.to_owned());
    let body = format!("{{\"error\":{{\"httpCode\":{code},\"message\":{message}}}}}\n");
    assert_eq!(
        ask(backend, reqwest::Method::GET, path).await,
        (code, "text/plain; charset=utf-8".to_owned(), body),
        "{path}"
    );
}

#[tokio::test]
async fn every_bad_parameter_is_refused_in_jaegers_words() {
    let backend = Backend::in_memory();
    let parse_int = "strconv.ParseInt: parsing";
    let rows = [
        ("traces?start=string", format!("unable to parse param 'start': {parse_int} \"string\": invalid syntax")),
        ("traces?end=1.5", format!("unable to parse param 'end': {parse_int} \"1.5\": invalid syntax")),
        ("traces?limit=x", format!("{parse_int} \"x\": invalid syntax")),
        ("traces?limit=2147483648", format!("{parse_int} \"2147483648\": value out of range")),
        ("traces?minDuration=20", "unable to parse param 'minDuration': time: missing unit in duration \"20\"".into()),
        ("traces?maxDuration=1x", "unable to parse param 'maxDuration': time: unknown unit \"x\" in duration \"1x\"".into()),
        ("traces?minDuration=2s&maxDuration=1s", "'maxDuration' should be greater than 'minDuration'".into()),
        ("traces?tag=k", "malformed 'tag' parameter, expecting key:value, received: k".into()),
        ("traces?tags=%7B%22a%22:1%7D", "malformed 'tags' parameter, cannot unmarshal JSON: json: cannot unmarshal number into Go value of type string".into()),
        ("traces?tags=%7B", "malformed 'tags' parameter, cannot unmarshal JSON: unexpected end of JSON input".into()),
        ("traces?traceID=x200", "cannot parse traceID param: strconv.ParseUint: parsing \"x200\": invalid syntax".into()),
        ("traces?raw=maybe", "unable to parse param 'raw': strconv.ParseBool: parsing \"maybe\": invalid syntax".into()),
        ("traces/xyz", "invalid length for TraceID".into()),
        ("traces/1?start=x", format!("unable to parse param 'start': {parse_int} \"x\": invalid syntax")),
        ("traces/1?end=x", format!("unable to parse param 'end': {parse_int} \"x\": invalid syntax")),
        ("traces/1?raw=2", "unable to parse param 'raw': strconv.ParseBool: parsing \"2\": invalid syntax".into()),
        ("operations", "parameter 'service' is required".into()),
        ("operations?service=", "parameter 'service' is required".into()),
        ("dependencies?endTs=x", format!("unable to parse param 'endTs': {parse_int} \"x\": invalid syntax")),
        ("dependencies?lookback=1h", format!("unable to parse param 'lookback': {parse_int} \"1h\": invalid syntax")),
        ("metrics/calls", "unable to parse param 'service': please provide at least one service name".into()),
        ("metrics/calls?service=a&spanKind=foo", "unable to parse param 'spanKind': unsupported span kind: 'foo'".into()),
        ("metrics/latencies?service=a", "unable to parse param 'quantile': strconv.ParseFloat: parsing \"\": invalid syntax".into()),
        ("metrics/errors?service=a&step=x", format!("unable to parse param 'step': {parse_int} \"x\": invalid syntax")),
    ];
    for (path, message) in rows {
        assert_refused(&backend, &format!("/api/{path}"), 400, &message).await;
    }
    let long = "1".repeat(33);
    let message = format!("TraceID cannot be longer than 32 hex characters: {long}");
    assert_refused(&backend, &format!("/api/traces/{long}"), 400, &message).await;
    let depth = "search depth must be greater than 0 and less than max traces";
    for limit in ["0", "-1", "100001"] {
        assert_refused(&backend, &format!("/api/traces?limit={limit}"), 500, depth).await;
    }
}

#[tokio::test]
async fn every_bad_parameter_of_the_new_api_is_refused_in_jaegers_words() {
    let backend = Backend::in_memory();
    let required = "query.startTimeMin and query.startTimeMax are required";
    let rows = [
        (String::new(), required),
        ("query.startTimeMin=2023-11-14T22:13:20Z".into(), required),
        (
            "query.startTimeMin=x&query.startTimeMax=2023-11-14T22:13:20Z".into(),
            "malformed parameter query.startTimeMin: parsing time \"x\" as \
             \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
        (
            "query.start_time_min=x&query.start_time_max=y".into(),
            "malformed parameter query.start_time_min: parsing time \"x\" as \
             \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
        (
            "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:20Z"
                .into(),
            "query.startTimeMin must be before query.startTimeMax",
        ),
        (
            format!("{WINDOW_V3}&query.searchDepth=many"),
            "malformed parameter query.searchDepth: strconv.Atoi: parsing \"many\": invalid syntax",
        ),
        (
            format!("{WINDOW_V3}&query.durationMin=1"),
            "malformed parameter query.durationMin: time: missing unit in duration \"1\"",
        ),
        (
            format!("{WINDOW_V3}&query.duration_max=1"),
            "malformed parameter query.duration_max: time: missing unit in duration \"1\"",
        ),
        (
            format!("{WINDOW_V3}&query.rawTraces=x"),
            "malformed parameter query.rawTraces: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
        (
            format!("{WINDOW_V3}&query.attributes=[]"),
            "malformed parameter query.attributes: json: cannot unmarshal array into Go value of \
             type map[string]string",
        ),
    ];
    for (parameters, message) in rows {
        for route in ["traces", "trace-summaries"] {
            let path = format!("/api/v3/{route}?{parameters}");
            assert_refused_v3(&backend, &path, 400, message).await;
        }
    }
    assert_refused_v3(
        &backend,
        "/api/v3/traces/xyz",
        400,
        "malformed parameter trace_id: invalid length for TraceID",
    )
    .await;
    let path = "/api/v3/traces/1?start_time=x";
    let (status, _, body) = ask(&backend, reqwest::Method::GET, path).await;
    assert_eq!(status, 400);
    assert!(body.contains("malformed parameter start_time: "), "{body}");
    let none = format!("/api/v3/traces?{WINDOW_V3}");
    assert_refused_v3(&backend, &none, 404, "No traces found").await;
    assert_refused_v3(&backend, "/api/v3/traces/1", 404, "No traces found").await;
}
