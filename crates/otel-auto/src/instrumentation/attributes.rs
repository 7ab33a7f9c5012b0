//! Names of attributes that several protocols use.
//!
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/>

pub(crate) const ERROR_TYPE: &str = "error.type";
pub(crate) const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
pub(crate) const NETWORK_PEER_PORT: &str = "network.peer.port";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";
