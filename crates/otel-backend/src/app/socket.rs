//! Binds every port before any is served.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, UdpSocket};

use crate::config::{Endpoint, Transport};

/// A bound port.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// All ports that could not be bound.
#[derive(Debug)]
pub struct BindError(pub Vec<Bind>);

/// A port that could not be bound.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address} ({endpoint}): {source}: choose another port with {} or {}, or off",
    endpoint.flag(),
    endpoint.variable()
)]
pub struct Bind {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The address.
    pub address: SocketAddr,
    /// The error.
    pub source: io::Error,
}

impl std::error::Error for BindError {}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Binds all ports; reports every one that cannot be bound.
pub(super) async fn bind_all(
    listeners: &[(Endpoint, SocketAddr)],
) -> Result<Vec<(Endpoint, Socket)>, BindError> {
    let mut bound = Vec::new();
    let mut failed = Vec::new();
    for &(endpoint, address) in listeners {
        match bind(endpoint.transport(), address).await {
            Ok(socket) => bound.push((endpoint, socket)),
            Err(source) => failed.push(Bind {
                endpoint,
                address,
                source,
            }),
        }
    }
    if failed.is_empty() {
        Ok(bound)
    } else {
        Err(BindError(failed))
    }
}

async fn bind(transport: Transport, address: SocketAddr) -> io::Result<Socket> {
    Ok(match transport {
        Transport::Tcp => Socket::Tcp(TcpListener::bind(address).await?),
        Transport::Udp => Socket::Udp(UdpSocket::bind(address).await?),
    })
}

impl Socket {
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Udp(socket) => socket.local_addr().ok(),
        }
    }
}
