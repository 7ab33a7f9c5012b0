//! Code shared by the end-to-end tests; they start the real programs as a user does.
//!
//! The tests use the programs only from outside: through arguments, variables, ports and output.

use test_kit::Backend;

/// The name of each protocol in trace-check, and of its receiver in otel-backend.
pub const RECEIVERS: [(&str, &str); 8] = [
    ("thrift-http", "Jaeger Thrift HTTP"),
    ("thrift-compact", "Jaeger Thrift compact"),
    ("thrift-binary", "Jaeger Thrift binary"),
    ("jaeger-grpc", "Jaeger gRPC"),
    ("otlp-grpc", "OTLP gRPC"),
    ("otlp-http", "OTLP HTTP"),
    ("otlp-json", "OTLP HTTP"),
    ("zipkin", "Zipkin"),
];

/// The port of a backend for a protocol of trace-check.
///
/// # Panics
/// If trace-check has no such protocol.
pub fn port(backend: &Backend, protocol: &str) -> String {
    let receiver = RECEIVERS.iter().find(|(name, _)| *name == protocol);
    let (_, listener) = receiver.unwrap_or_else(|| panic!("no protocol {protocol}"));
    let address = backend.address(listener);
    let port = address.rsplit(':').next();
    port.unwrap_or_default().to_owned()
}

/// Gets JSON from `url`.
///
/// # Panics
/// If there is no answer or it is not JSON.
pub fn get(url: &str) -> serde_json::Value {
    let answer = ureq::get(url)
        .call()
        .and_then(|mut response| response.body_mut().read_to_string());
    match answer {
        Ok(body) => serde_json::from_str(&body)
            .unwrap_or_else(|error| panic!("{url} answered {body:?}: {error}")),
        Err(error) => panic!("{url}: {error}"),
    }
}
