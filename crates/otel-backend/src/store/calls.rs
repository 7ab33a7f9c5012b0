//! The calls between services in each frame of a block, counted when the frame is made: to count them when
//! they are asked for, the ids of all spans and of their parents would have to be read.
//!
//! They are left out where there are too many of them, or of services; the spans themselves tell then.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use hashbrown::HashMap;
use zstd::bulk::{Compressor, Decompressor};

use crate::format::protobuf::{take_varint, write_varint};

/// How often one service called another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// The numbers of both in [`BlockCalls::services`].
    pub(crate) caller: usize,
    pub(crate) callee: usize,
    pub(crate) count: u64,
}

/// The calls between services in the frames of a block.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockCalls {
    /// The names of the services.
    pub(crate) services: Vec<Arc<str>>,
    /// The calls in each frame; `None` if they were not counted.
    pub(super) frames: Vec<Option<Vec<Call>>>,
}

/// The calls in a frame, by caller and callee.
pub(super) type FrameCalls = BTreeMap<(Arc<str>, Arc<str>), u64>;

/// Counts the calls in the frames of a new block.
#[derive(Debug, Default)]
pub(super) struct CallsBuilder {
    calls: BlockCalls,
    numbers: HashMap<Arc<str>, usize>,
    /// About how many bytes they take.
    bytes: usize,
}

/// The most bytes of the calls of a block before compression.
const MAX_BYTES: usize = 256 << 10;

/// Bytes that a call takes at most, if it is not a very frequent one.
const CALL: usize = 8;

/// The most bytes of the name of a service.
const MAX_NAME: usize = 1024;

impl CallsBuilder {
    /// Adds those of the next frame, if they were counted.
    pub(super) fn push(&mut self, calls: Option<FrameCalls>) {
        let calls = calls.and_then(|calls| self.numbered(&calls));
        self.calls.frames.push(calls);
    }

    /// `None` if there is no room for them.
    fn numbered(&mut self, calls: &FrameCalls) -> Option<Vec<Call>> {
        let services = || calls.keys().flat_map(|(caller, callee)| [caller, callee]);
        let new = services().filter(|service| !self.numbers.contains_key(*service));
        let names: usize = new.map(|service| CALL + service.len()).sum();
        let more = names + CALL * calls.len();
        if self.bytes + more > MAX_BYTES || services().any(|service| service.len() > MAX_NAME) {
            return None;
        }
        self.bytes += more;
        let calls = calls.iter().map(|((caller, callee), count)| Call {
            caller: self.number(caller),
            callee: self.number(callee),
            count: *count,
        });
        Some(calls.collect())
    }

    fn number(&mut self, service: &Arc<str>) -> usize {
        *self.numbers.entry_ref(service).or_insert_with(|| {
            self.calls.services.push(Arc::clone(service));
            self.calls.services.len() - 1
        })
    }

    /// The bytes; none if no frame has any that were counted.
    pub(super) fn encode(&self, compressor: &mut Compressor<'static>) -> io::Result<Vec<u8>> {
        if self.calls.frames.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        let mut raw = Vec::new();
        self.calls.write(&mut raw);
        let length = u32::try_from(raw.len()).map_err(io::Error::other)?;
        let mut out = length.to_le_bytes().to_vec();
        out.append(&mut compressor.compress(&raw)?);
        Ok(out)
    }
}

impl BlockCalls {
    /// The most bytes of a block's calls as stored: those that do not get smaller get a little larger.
    pub(super) const MAX_STORED: usize = 2 * MAX_BYTES;

    fn write(&self, out: &mut Vec<u8>) {
        write_varint(self.services.len() as u64, out);
        for service in &self.services {
            write_varint(service.len() as u64, out);
            out.extend_from_slice(service.as_bytes());
        }
        for frame in &self.frames {
            let Some(calls) = frame else {
                write_varint(0, out);
                continue;
            };
            write_varint(calls.len() as u64 + 1, out);
            for call in calls {
                write_varint(call.caller as u64, out);
                write_varint(call.callee as u64, out);
                write_varint(call.count, out);
            }
        }
    }

    /// Reads what [`CallsBuilder::encode`] wrote of so many frames; `None` if it did not.
    pub(super) fn decode(
        bytes: &[u8],
        frames: usize,
        decompressor: &mut Decompressor<'static>,
    ) -> Option<Self> {
        let (length, packed) = bytes.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let length = Some(length).filter(|length| *length <= Self::MAX_STORED)?;
        let raw = decompressor.decompress(packed, length).ok()?;
        Self::read(&raw, frames)
    }

    fn read(mut rest: &[u8], frames: usize) -> Option<Self> {
        let rest = &mut rest;
        let mut calls = Self::default();
        for _ in 0..number(rest)? {
            let length = number(rest)?;
            let (name, behind) = rest.split_at_checked(length)?;
            *rest = behind;
            calls.services.push(str::from_utf8(name).ok()?.into());
        }
        let services = calls.services.len();
        let known = |number: usize| (number < services).then_some(number);
        for _ in 0..frames {
            let Some(count) = number(rest)?.checked_sub(1) else {
                calls.frames.push(None);
                continue;
            };
            let mut frame = Vec::new();
            for _ in 0..count {
                frame.push(Call {
                    caller: known(number(rest)?)?,
                    callee: known(number(rest)?)?,
                    count: take_varint(rest).ok()?,
                });
            }
            calls.frames.push(Some(frame));
        }
        rest.is_empty().then_some(calls)
    }

    /// The calls in a frame; `None` if they were not counted.
    pub(super) fn frame(&self, index: usize) -> Option<FrameCalls> {
        let calls = self.frames.get(index)?.as_ref()?;
        let service = |number: usize| self.services.get(number).map(Arc::clone);
        let calls = calls.iter();
        calls
            .map(|call| Some(((service(call.caller)?, service(call.callee)?), call.count)))
            .collect()
    }
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(take_varint(rest).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(calls: &[(&str, &str, u64)]) -> FrameCalls {
        let calls = calls.iter();
        calls
            .map(|(caller, callee, count)| (((*caller).into(), (*callee).into()), *count))
            .collect()
    }

    fn decoded(builder: &CallsBuilder) -> BlockCalls {
        let bytes = builder.encode(&mut Compressor::new(1).unwrap()).unwrap();
        let frames = builder.calls.frames.len();
        let mut decompressor = Decompressor::new().unwrap();
        let mut decode =
            |bytes: &[u8], frames| BlockCalls::decode(bytes, frames, &mut decompressor);
        assert_eq!(decode(&bytes, frames + 1), None);
        assert_eq!(decode(&bytes[1..], frames), None);
        assert_eq!(decode(&[], frames), None);
        decode(&bytes, frames).unwrap()
    }

    #[test]
    fn calls_survive_their_bytes() {
        let mut builder = CallsBuilder::default();
        let mut compressor = Compressor::new(1).unwrap();
        assert!(builder.encode(&mut compressor).unwrap().is_empty());
        let first = calls(&[("a", "b", 1), ("b", "a", 300)]);
        let last = calls(&[("c", "a", u64::MAX)]);
        builder.push(Some(first.clone()));
        builder.push(None);
        builder.push(Some(FrameCalls::new()));
        builder.push(Some(last.clone()));
        let calls = decoded(&builder);
        assert_eq!(calls.services, ["a", "b", "c"].map(Arc::from));
        let frames = [Some(first), None, Some(FrameCalls::new()), Some(last), None];
        assert_eq!([0, 1, 2, 3, 4].map(|index| calls.frame(index)), frames);
    }

    #[test]
    fn calls_are_left_out_where_there_are_too_many() {
        let mut builder = CallsBuilder::default();
        let long = "n".repeat(MAX_NAME + 1);
        builder.push(Some(calls(&[("a", &long, 1)])));
        let names: Vec<_> = (0..MAX_BYTES / CALL).map(|n| n.to_string()).collect();
        let many = names.iter().map(|name| (name.as_str(), "a", 1));
        builder.push(Some(calls(&many.collect::<Vec<_>>())));
        builder.push(Some(calls(&[("a", "b", 1)])));
        let calls = decoded(&builder);
        assert_eq!(calls.services.len(), 2);
        assert_eq!(
            calls.frames.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, false, true]
        );
    }

    #[test]
    fn bytes_that_name_unknown_services_are_no_calls() {
        let raw = [1, 1, b'a', 2, 0, 1, 9];
        assert_eq!(BlockCalls::read(&raw, 1), None);
        let raw = [1, 1, b'a', 2, 0, 0, 9];
        assert!(BlockCalls::read(&raw, 1).is_some());
        assert_eq!(BlockCalls::read(&[255; 9], 1), None);
    }
}
