//! Jaeger's Thrift over UDP: each datagram is one `emitBatch` message, compact or binary.
//!
//! There are no answers. A datagram that cannot be accepted is dropped and counted. That, and spans that
//! were rejected or have odd times, are logged at a limited rate.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/agent.thrift>

use std::fmt::Display;
use std::net::SocketAddr;

use bytes::Bytes;
use jaeger_wire::DecodeError;
use jaeger_wire::thrift::{Batch, binary, compact};
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Intake;
use super::intake::{Decode, DecodeSpans, Received};
use super::refusal::Refusal;
use crate::format::{Decoded, jaeger};
use crate::forward::Via;
use crate::metrics::Protocol;
use crate::throttle::Throttle;

/// The encoding of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `TCompactProtocol`, usually on port 6831.
    Compact,
    /// `TBinaryProtocol`, usually on port 6832.
    Binary,
}

/// A socket whose datagrams are decoded and stored.
#[derive(Debug)]
pub struct Receiver {
    socket: UdpSocket,
    format: Format,
    intake: Intake,
    /// Limits how often faults are logged.
    reports: &'static Throttle,
}

/// The largest possible datagram.
const MAX_DATAGRAM: usize = 65_535;

/// The requested size of the socket's buffer; the system may grant less.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// The memory that a datagram takes besides its bytes.
const OVERHEAD: usize = 1024;

/// The most datagrams read from the socket at shutdown.
const MAX_LEFT_OVER: usize = 10_000;

impl Receiver {
    /// Makes a receiver for this socket.
    pub fn new(socket: UdpSocket, format: Format, intake: Intake) -> Self {
        static COMPACT: Throttle = Throttle::new();
        static BINARY: Throttle = Throttle::new();
        if let Err(reason) = SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER) {
            tracing::debug!(%reason, "the socket's buffer stays as small as it is");
        }
        let reports = match format {
            Format::Compact => &COMPACT,
            Format::Binary => &BINARY,
        };
        Self {
            socket,
            format,
            intake,
            reports,
        }
    }

    /// Receives until `stop` becomes true, and then what has already arrived.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut under_way = JoinSet::new();
        loop {
            let received = tokio::select! {
                received = self.socket.recv_from(&mut buffer) => received,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match received {
                Ok((length, from)) => self.start(&buffer, length, from, &mut under_way),
                Err(reason) => tracing::debug!(%reason, "a datagram could not be received"),
            }
            while under_way.try_join_next().is_some() {}
        }
        for _ in 0..MAX_LEFT_OVER {
            let Ok((length, from)) = self.socket.try_recv_from(&mut buffer) else {
                break;
            };
            self.start(&buffer, length, from, &mut under_way);
        }
        drop(self.socket);
        while under_way.join_next().await.is_some() {}
    }

    fn start(&self, buffer: &[u8], length: usize, from: SocketAddr, tasks: &mut JoinSet<()>) {
        let received = self.receive(buffer.get(..length).unwrap_or_default());
        let (intake, format, reports) = (self.intake.clone(), self.format, self.reports);
        let taken = async move {
            let decode = Decode::Spans(format.decoder());
            match intake.accept(async { received }, decode).await {
                Ok(accepted) => {
                    if let Some(remark) = accepted.remark() {
                        report(reports, from, &remark, "a datagram has faults");
                    }
                }
                Err(reason) => report(reports, from, &reason, "a datagram was dropped"),
            }
        };
        tasks.spawn(taken);
    }

    fn receive(&self, datagram: &[u8]) -> Result<Received, Refusal> {
        let mut held = self.intake.hold();
        held.add(datagram.len() + OVERHEAD)?;
        Ok(Received {
            bytes: Bytes::copy_from_slice(datagram),
            compression: None,
            held,
            via: Via::default(),
        })
    }
}

fn report(throttle: &Throttle, from: SocketAddr, reason: &dyn Display, what: &'static str) {
    if let Some(more) = throttle.pass() {
        tracing::warn!(%from, %reason, more, "{what}");
    }
}

impl Format {
    /// The protocol for counting datagrams.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Compact => Protocol::JaegerCompact,
            Self::Binary => Protocol::JaegerBinary,
        }
    }

    fn decoder(self) -> DecodeSpans {
        match self {
            Self::Compact => {
                |bytes, _| decoded(bytes, compact::decode_emit_batch(bytes), Self::Compact)
            }
            Self::Binary => {
                |bytes, _| decoded(bytes, binary::decode_emit_batch(bytes), Self::Binary)
            }
        }
    }

    /// Guesses the format from the first bytes of a message.
    fn guess(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x82, ..] => Some(Self::Compact),
            // The strict form, and the older one, which begins with the length of the name.
            [0x80, 0x01, ..] | [0, 0, 0, 9, b'e', ..] => Some(Self::Binary),
            _ => None,
        }
    }
}

fn decoded<'a>(
    bytes: &[u8],
    batch: Result<Batch<'a>, DecodeError>,
    format: Format,
) -> Result<Decoded<'a>, Refusal> {
    let reason = match (batch, Format::guess(bytes)) {
        (Ok(batch), _) => return Ok(jaeger::from_thrift(batch)),
        (Err(_), Some(Format::Compact)) if format == Format::Binary => {
            "it is Thrift compact, which is for --jaeger-compact-port (6831)".to_owned()
        }
        (Err(_), Some(Format::Binary)) if format == Format::Compact => {
            "it is Thrift binary, which is for --jaeger-binary-port (6832)".to_owned()
        }
        (Err(reason), _) => reason.to_string(),
    };
    Err(Refusal::Malformed(reason))
}

#[cfg(test)]
mod tests {
    use jaeger_wire::Process;

    use super::*;
    use crate::config::Limits;

    /// A message without spans.
    fn message(format: Format) -> Vec<u8> {
        let batch = Batch {
            process: Process {
                service_name: "shop".into(),
                tags: Vec::new(),
            },
            spans: Vec::new(),
        };
        let mut bytes = Vec::new();
        match format {
            Format::Compact => {
                compact::begin_message(&mut bytes);
                compact::encode_batch(&batch, &mut bytes);
                compact::end_message(&mut bytes);
            }
            Format::Binary => {
                binary::begin_message(&mut bytes);
                binary::encode_batch(&batch, &mut bytes);
                binary::end_message(&mut bytes);
            }
        }
        bytes
    }

    fn refusal(format: Format, bytes: &[u8]) -> Option<String> {
        let decode = format.decoder();
        decode(bytes, &Limits::default())
            .err()
            .map(|reason| reason.to_string())
    }

    #[test]
    fn a_message_on_the_wrong_port_is_told_the_right_one() {
        for format in [Format::Compact, Format::Binary] {
            assert_eq!(refusal(format, &message(format)), None);
        }
        assert_eq!(
            refusal(Format::Binary, &message(Format::Compact)).unwrap(),
            "it is Thrift compact, which is for --jaeger-compact-port (6831)"
        );
        assert_eq!(
            refusal(Format::Compact, &message(Format::Binary)).unwrap(),
            "it is Thrift binary, which is for --jaeger-binary-port (6832)"
        );
    }

    #[test]
    fn a_message_cut_short_is_told_where() {
        let bytes = message(Format::Compact);
        let (_, cut) = bytes.split_last().unwrap();
        let reason = refusal(Format::Compact, cut).unwrap();
        assert!(reason.starts_with("at byte "), "{reason}");
    }
}
