//! The certificates of the TLS tests. `tls/make.sh` makes them.

pub(crate) const CA: &str = include_str!("tls/ca.pem");
pub(crate) const CERTIFICATE: &str = include_str!("tls/peer.pem");
pub(crate) const KEY: &str = include_str!("tls/peer.key");
