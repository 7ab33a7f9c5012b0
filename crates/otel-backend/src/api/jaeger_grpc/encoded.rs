//! A message that is already encoded.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};

/// The bytes of a message that is only sent. In the generated services it takes the place of
/// messages with spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Encoded(pub Bytes);

impl Message for Encoded {
    fn encode_raw(&self, out: &mut impl BufMut) {
        out.put_slice(&self.0);
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        bytes: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        skip_field(wire_type, tag, bytes, context)
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
