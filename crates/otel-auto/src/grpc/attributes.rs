//! The attributes that servers and clients share, and their names.
//!
//! <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>

use http::Uri;
use opentelemetry::KeyValue;

use crate::instrumentation::Scope;

/// The scope of server and client spans.
///
/// The next version after 1.44 is going to shorten `rpc.response.status_code` to `rpc.status_code`.
pub(super) const SCOPE: Scope = Scope {
    name: "otel_auto::grpc",
    schema_url: "https://opentelemetry.io/schemas/1.44.0",
};

pub(super) const RPC_METHOD: &str = "rpc.method";
pub(super) const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
pub(super) const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
const RPC_SYSTEM_NAME: &str = "rpc.system.name";

/// The name of the system, and of a span whose method is not known.
pub(super) const GRPC: &str = "grpc";

/// The method, where none of that name is known.
pub(super) const OTHER: &str = "_OTHER";

pub(super) fn system() -> KeyValue {
    KeyValue::new(RPC_SYSTEM_NAME, GRPC)
}

/// `package.Service/Method`: the path of a call without its slash.
pub(super) fn method(uri: &Uri) -> &str {
    uri.path().trim_start_matches('/')
}
