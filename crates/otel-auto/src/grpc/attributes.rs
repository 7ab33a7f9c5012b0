//! The attributes that server and client spans share.
//!
//! <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>

use http::Uri;
use opentelemetry::KeyValue;

use crate::instrumentation::Scope;

/// The scope of server and client spans.
///
/// The version after 1.44 will shorten `rpc.response.status_code` to `rpc.status_code`.
pub(super) const SCOPE: Scope = Scope {
    name: "otel_auto::grpc",
    schema_url: "https://opentelemetry.io/schemas/1.44.0",
};

pub(super) const RPC_METHOD: &str = "rpc.method";
pub(super) const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
pub(super) const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
const RPC_SYSTEM_NAME: &str = "rpc.system.name";

/// The value of `rpc.system.name`, and the name of a span whose method is unknown.
pub(super) const GRPC: &str = "grpc";

/// The method name for unknown methods.
pub(super) const OTHER: &str = "_OTHER";

pub(super) fn system() -> KeyValue {
    KeyValue::new(RPC_SYSTEM_NAME, GRPC)
}

/// `package.Service/Method`: the path of a call without its leading slash.
pub(super) fn method(uri: &Uri) -> &str {
    uri.path().trim_start_matches('/')
}
