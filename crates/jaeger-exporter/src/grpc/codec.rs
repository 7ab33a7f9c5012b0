//! The gRPC codec for messages that are already encoded.

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// gRPC puts a flag and a length in front of each message.
const FRAME_HEAD: usize = 5;

/// An encoded message in two parts, so that the large one is not copied behind the small one.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) head: Bytes,
    pub(super) batch: Bytes,
}

impl Message {
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.batch.len()
    }
}

/// Sends the bytes as they are, and reads an empty answer: `PostSpansResponse` has no fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoded {
    /// The length of the message that will be sent.
    pub(super) len: usize,
}

impl Codec for Encoded {
    type Encode = Message;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Encoded {
    type Item = Message;
    type Error = Status;

    fn encode(&mut self, message: Message, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message.head);
        buffer.put(message.batch);
        Ok(())
    }

    /// One buffer of the right size; the default would grow in steps of 8 KiB.
    fn buffer_settings(&self) -> BufferSettings {
        let size = self.len + FRAME_HEAD;
        BufferSettings::new(size, size)
    }
}

impl Decoder for Encoded {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
