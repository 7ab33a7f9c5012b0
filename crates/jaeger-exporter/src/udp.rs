//! Thrift over UDP: `emitBatch` messages, each in one datagram.

mod builder;
mod failure;
mod packer;
mod protocol;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::transport::{Batch, Delivery, Sending, Transport};

pub use builder::UdpBuilder;
use failure::Failure;
use packer::{Buffers, Packer};
use protocol::Protocol;

/// The longest wait for room in the system's queue.
const SEND_LIMIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct UdpTransport {
    host: String,
    port: u16,
    protocol: Protocol,
    max_packet_size: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Connected at the first export, and again after an error, since the host may have moved.
    socket: Option<UdpSocket>,
    buffers: Buffers,
}

impl Transport for UdpTransport {
    fn send<'a>(&'a self, batch: Batch<'a>) -> Sending<'a> {
        Box::pin(async move { self.send_now(batch) })
    }

    fn close(&self) {
        self.state().socket = None;
    }
}

impl UdpTransport {
    fn send_now(&self, batch: Batch<'_>) -> Delivery {
        let State { socket, buffers } = &mut *self.state();
        let connected = match socket.take().map_or_else(|| self.connect(), Ok) {
            Ok(connected) => connected,
            Err(failure) => return Delivery::whole(batch.len(), 0, Err(failure)),
        };
        let delivery = self.send_over(&connected, batch, buffers);
        if delivery.failed == 0 {
            *socket = Some(connected);
        }
        delivery
    }

    fn send_over(&self, socket: &UdpSocket, batch: Batch<'_>, buffers: &mut Buffers) -> Delivery {
        let mut sender = Sender {
            socket,
            port: self.port,
            delivery: Delivery::default(),
        };
        let mapping = batch.encoder.mapping;
        let mut packer = Packer::new(
            self.protocol,
            &batch.encoder.process,
            self.max_packet_size,
            buffers,
        );
        for span in batch.spans {
            let send = |packet: &[u8], spans| sender.send(packet, spans);
            if let Err(size) = packer.push(&mapping.thrift(&span), send) {
                sender.drop_span(&span.name, size, self.max_packet_size);
            }
        }
        packer.finish(|packet, spans| sender.send(packet, spans));
        sender.finish()
    }

    fn connect(&self) -> Result<UdpSocket, Failure> {
        let address = self.resolve()?;
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let connect = || {
            let socket = UdpSocket::bind(any)?;
            // The system reports to a connected socket that nothing listens on the other side.
            socket.connect(address)?;
            socket.set_write_timeout(Some(SEND_LIMIT))?;
            Ok(socket)
        };
        connect().map_err(|source: io::Error| Failure::Socket { address, source })
    }

    /// The first IPv4 address of the host, else the first address. Agents listen on IPv4, and UDP
    /// cannot tell which of two addresses works.
    fn resolve(&self) -> Result<SocketAddr, Failure> {
        let unknown = |source| Failure::UnknownHost {
            host: self.host.clone(),
            source,
        };
        let found = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(unknown)?;
        found
            .min_by_key(SocketAddr::is_ipv6)
            .ok_or_else(|| unknown(io::ErrorKind::NotFound.into()))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the datagrams of a batch and counts them.
struct Sender<'a> {
    socket: &'a UdpSocket,
    port: u16,
    delivery: Delivery,
}

impl Sender<'_> {
    fn send(&mut self, packet: &[u8], spans: u64) {
        let sent = match self.socket.send(packet) {
            // UDP reports a refusal late and once: it concerns an earlier datagram, and this one
            // was not sent.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.refused();
                self.socket.send(packet)
            }
            sent => sent,
        };
        match sent {
            Ok(_) => self.delivery.exported += spans,
            Err(source) => {
                self.delivery.failed += spans;
                self.fail(Failure::Send {
                    size: packet.len(),
                    source,
                });
            }
        }
    }

    fn drop_span(&mut self, name: &str, size: usize, limit: usize) {
        self.delivery.dropped += 1;
        if self.delivery.error.is_none() {
            let name = name.to_owned();
            self.delivery.error = Some(Failure::TooLarge { name, size, limit }.into());
        }
    }

    /// The refusal of a remote host may arrive after the export; it then fails the next one.
    fn finish(mut self) -> Delivery {
        let refusal = self.socket.take_error().ok().flatten();
        if refusal.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            self.refused();
        }
        self.delivery
    }

    /// Counts all sent spans as lost, since the refused datagram is not known.
    fn refused(&mut self) {
        let delivery = &mut self.delivery;
        delivery.failed += std::mem::take(&mut delivery.exported);
        self.fail(Failure::Refused { port: self.port });
    }

    /// A failure to send is more informative than a span that was too large, and replaces it.
    fn fail(&mut self, failure: Failure) {
        self.delivery.error = Some(failure.into());
    }
}
