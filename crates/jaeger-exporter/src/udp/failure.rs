//! The reasons why datagrams were not sent, worded so that the reader knows what to do.

use std::io;
use std::net::SocketAddr;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(
        "the host {host} has no address: is the name right, and known on this machine? ({source})"
    )]
    UnknownHost { host: String, source: io::Error },
    #[error("cannot open a UDP socket to {address}: {source}")]
    Socket {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("connection refused: is an agent running and listening on UDP port {port}?")]
    Refused { port: u16 },
    #[error(
        "a datagram of {size} bytes cannot be sent: {source}; is the largest packet size more than the system allows?"
    )]
    Send { size: usize, source: io::Error },
    #[error("the span `{name}` needs a datagram of {size} bytes, more than the {limit} allowed")]
    TooLarge {
        name: String,
        size: usize,
        limit: usize,
    },
}
