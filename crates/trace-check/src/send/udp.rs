//! Sends datagrams, each of which is a Thrift message without an answer.

use std::net::{ToSocketAddrs as _, UdpSocket};
use std::thread;
use std::time::Duration;

use super::chunks::chunks;
use super::thrift::{self, Binary, Compact};
use super::{Receiver, SendError, Sent};
use crate::model::Span;
use crate::protocol::Protocol;

/// The largest datagram that Jaeger's receivers accept.
const LARGEST: usize = 65_000;

/// The usual size of a datagram; a socket's buffer holds some hundreds of this size.
const FULL: usize = 1_400;

/// The pause after each full datagram. If spans are sent faster than the receiver reads, they are
/// lost silently.
const PACE: Duration = Duration::from_micros(250);

#[derive(Debug)]
pub(super) struct Client {
    socket: UdpSocket,
    receiver: Receiver,
}

impl Client {
    pub(super) fn connect(protocol: Protocol, endpoint: &str) -> Result<Self, SendError> {
        let address = endpoint
            .strip_prefix("udp://")
            .unwrap_or(endpoint)
            .trim_end_matches('/');
        let wrong = |reason: std::io::Error| Receiver::new(protocol, endpoint).wrong(&reason);
        let target = address
            .to_socket_addrs()
            .map_err(wrong)?
            .next()
            .ok_or_else(|| wrong(std::io::ErrorKind::NotFound.into()))?;
        let own = if target.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(own).map_err(wrong)?;
        socket.connect(target).map_err(wrong)?;
        socket
            .set_write_timeout(Some(super::TIMEOUT))
            .map_err(wrong)?;
        let client = Self {
            socket,
            receiver: Receiver::new(protocol, address),
        };
        client.probe()?;
        Ok(client)
    }

    /// A closed port on this machine refuses a datagram, which the socket reports when it is used
    /// next.
    fn probe(&self) -> Result<(), SendError> {
        // An empty batch, which no receiver objects to.
        self.datagram(&self.encode(&[]))?;
        let wait = Duration::from_millis(50);
        let _answer = self.socket.set_read_timeout(Some(wait));
        match self.socket.recv(&mut [0; 1]) {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Err(self.receiver.unreachable(&error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn send(&mut self, spans: &[&Span]) -> Result<Sent, SendError> {
        for chunk in chunks(spans, self.receiver.protocol) {
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let (count, datagram) = self.fill(rest)?;
                self.datagram(&datagram)?;
                thread::sleep(PACE);
                rest = rest.get(count..).unwrap_or_default();
            }
        }
        Ok(Sent {
            exported: spans.len(),
            acknowledged: None,
        })
    }

    /// A datagram with as many spans as fit, and their number.
    fn fill(&self, spans: &[&Span]) -> Result<(usize, Vec<u8>), SendError> {
        let mut count = spans.len().min(8);
        loop {
            let datagram = self.encode(spans.get(..count).unwrap_or(spans));
            if datagram.len() <= FULL || (count == 1 && datagram.len() <= LARGEST) {
                return Ok((count, datagram));
            }
            if count == 1 {
                let name = spans.first().map(|span| span.span_id.to_string());
                return Err(SendError::TooLarge(name.unwrap_or_default()));
            }
            count /= 2;
        }
    }

    fn encode(&self, spans: &[&Span]) -> Vec<u8> {
        match self.receiver.protocol {
            Protocol::ThriftCompact => thrift::message(&mut Compact::default(), spans),
            _ => thrift::message(&mut Binary::default(), spans),
        }
    }

    fn datagram(&self, bytes: &[u8]) -> Result<(), SendError> {
        let sent = self.socket.send(bytes);
        sent.map(drop)
            .map_err(|error| self.receiver.unreachable(&error))
    }
}
