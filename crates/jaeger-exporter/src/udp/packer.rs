//! Fills datagrams with spans.
//!
//! Each span is encoded once. If it does not fit behind the spans before it, these are sent, and it
//! begins the next datagram. Each datagram is a complete message, process included.

use jaeger_wire::Process;

use super::protocol::Protocol;
use crate::mapping::ThriftSpan;

/// The memory of packers, reused from one batch to the next.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The encoded spans of the next datagram.
    spans: Vec<u8>,
    packet: Vec<u8>,
}

pub(super) struct Packer<'a> {
    protocol: Protocol,
    process: &'a Process<'a>,
    buffers: &'a mut Buffers,
    /// The number of spans in the next datagram.
    count: usize,
    limit: usize,
    /// The size of a message without its spans.
    overhead: usize,
}

impl<'a> Packer<'a> {
    pub(super) fn new(
        protocol: Protocol,
        process: &'a Process<'a>,
        limit: usize,
        buffers: &'a mut Buffers,
    ) -> Self {
        buffers.spans.clear();
        buffers.packet.clear();
        // The compact protocol needs more bytes for a larger number of spans. This assumes the
        // largest number that fits, at one byte for each span.
        protocol.begin(process, limit, &mut buffers.packet);
        protocol.end(&mut buffers.packet);
        let overhead = buffers.packet.len();
        Self {
            protocol,
            process,
            buffers,
            count: 0,
            limit,
            overhead,
        }
    }

    /// Adds a span. If that makes the datagram overflow, passes the full one to `send`.
    ///
    /// # Errors
    /// Fails with the size of the datagram that the span would need if that is over the limit.
    pub(super) fn push(
        &mut self,
        span: &ThriftSpan<'_>,
        send: impl FnMut(&[u8], u64),
    ) -> Result<(), usize> {
        let before = self.buffers.spans.len();
        self.protocol.span(span, &mut self.buffers.spans);
        let size = self.overhead + self.buffers.spans.len() - before;
        if size > self.limit {
            self.buffers.spans.truncate(before);
            return Err(size);
        }
        if self.overhead + self.buffers.spans.len() > self.limit {
            self.send(before, send);
        }
        self.count += 1;
        Ok(())
    }

    /// Passes the remaining spans to `send`.
    pub(super) fn finish(mut self, send: impl FnMut(&[u8], u64)) {
        if self.count > 0 {
            self.send(self.buffers.spans.len(), send);
        }
    }

    /// Sends the spans in the first `len` bytes, and keeps the rest.
    fn send(&mut self, len: usize, mut send: impl FnMut(&[u8], u64)) {
        let Buffers { spans, packet } = &mut *self.buffers;
        packet.clear();
        self.protocol.begin(self.process, self.count, packet);
        packet.extend_from_slice(&spans[..len]);
        spans.drain(..len);
        self.protocol.end(packet);
        send(packet, self.count as u64);
        self.count = 0;
    }
}
