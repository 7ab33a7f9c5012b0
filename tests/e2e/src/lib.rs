//! What the end-to-end tests share: the real programs, started as a user starts them.
//!
//! A test here knows the programs only from outside: their arguments, variables, ports and output.

use test_kit::Backend;

/// The receiver of each protocol, as trace-check names them.
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
/// When trace-check has no such protocol.
pub fn port(backend: &Backend, protocol: &str) -> String {
    let receiver = RECEIVERS.iter().find(|(name, _)| *name == protocol);
    let (_, listener) = receiver.unwrap_or_else(|| panic!("no protocol {protocol}"));
    let address = backend.address(listener);
    let port = address.rsplit(':').next();
    port.unwrap_or_default().to_owned()
}

/// Asks `url` for JSON.
///
/// # Panics
/// When there is no answer or it is not JSON.
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
