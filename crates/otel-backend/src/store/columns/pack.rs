//! The parts of a group: a header that describes it, and chunks, each compressed separately.

use std::io::{self, Cursor as Behind};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;
use zstd::bulk::{Compressor, Decompressor};

use super::super::ReadError;
use super::heads::StoredHead;
use crate::format::otlp::ResourceScope;
use crate::format::protobuf::{take_varint, write_varint};

/// zstd's fastest ordinary level; a higher one hardly compresses columns better.
const LEVEL: i32 = 1;

/// The largest uncompressed header or chunk in bytes; a larger one counts as damaged. (A span is
/// much smaller, and a group ends soon after its target size.)
pub(super) const MAX_RAW: usize = 512 << 20;

/// The most values in a column.
pub(super) const MAX_VALUES: usize = 1 << 24;

/// A chunk is compressed only if that saves at least one byte in so many.
const WORTH: usize = 32;

/// The bytes of a group before its header.
pub(super) const PREFIX: usize = 12;

/// The reason why bytes are not a group of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damaged(pub(super) &'static str);

/// Bytes of which parts can be read.
pub(crate) trait ReadAt {
    /// The error of reading.
    type Error: From<Damaged>;

    /// Fills `bytes` with the bytes from `offset` on.
    fn read_at(&self, bytes: &mut [u8], offset: usize) -> Result<(), Self::Error>;

    /// The chunk that begins at `offset`, uncompressed, if it was kept.
    fn kept(&self, _offset: usize) -> Option<Arc<Vec<u8>>> {
        None
    }

    /// Keeps a chunk for whoever asks next.
    fn keep(&self, _offset: usize, _chunk: &Arc<Vec<u8>>) {}

    /// The stored form of a resource and scope, which groups may share.
    fn share(&self, head: ResourceScope<'_>) -> Arc<StoredHead> {
        Arc::new(StoredHead::of(head))
    }
}

impl From<Damaged> for ReadError {
    /// The caller adds the block, which is not known here.
    fn from(reason: Damaged) -> Self {
        Self::damaged(0, &reason)
    }
}

impl ReadAt for &[u8] {
    type Error = Damaged;

    fn read_at(&self, bytes: &mut [u8], offset: usize) -> Result<(), Damaged> {
        let end = offset.checked_add(bytes.len());
        let found = end.and_then(|end| self.get(offset..end));
        bytes.copy_from_slice(found.ok_or(Damaged("it is too short"))?);
        Ok(())
    }
}

/// The position of a chunk after the header, and its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Chunk {
    offset: usize,
    stored: usize,
    raw: usize,
    checksum: u32,
}

/// Writes a group; reuses the compressor's memory.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// Reads what a [`Packer`] wrote about chunks.
pub(super) struct Cursor<'h> {
    whole: usize,
    rest: &'h [u8],
    /// The position of the next chunk.
    offset: usize,
}

/// Unpacks chunks of one group.
pub(crate) struct Unpacker<'u, R> {
    source: R,
    decompressor: &'u mut Decompressor<'static>,
    /// The position of the first chunk.
    body: usize,
    stored: Vec<u8>,
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(LEVEL)?,
            head: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Begins a group; what another left that was not finished goes.
    pub(super) fn begin(&mut self) {
        self.head.clear();
        self.body.clear();
    }

    /// Adds a number to the header.
    pub(super) fn number(&mut self, number: u64) {
        write_varint(number, &mut self.head);
    }

    /// Adds bytes to the header.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.head.extend_from_slice(bytes);
    }

    /// Adds a chunk, and its description to the header.
    pub(super) fn chunk(&mut self, raw: &[u8]) -> io::Result<()> {
        let start = self.body.len();
        compress(&mut self.compressor, raw, &mut self.body)?;
        let stored = self.body.get(start..).unwrap_or_default();
        let (length, checksum) = (stored.len() as u64, checksum(stored));
        self.number(length);
        self.number(raw.len() as u64);
        self.head.extend_from_slice(&checksum.to_le_bytes());
        Ok(())
    }

    /// Returns the group.
    pub(super) fn finish(&mut self) -> io::Result<Vec<u8>> {
        let mut group = vec![0; PREFIX];
        compress(&mut self.compressor, &self.head, &mut group)?;
        let head = group.get(PREFIX..).unwrap_or_default();
        let stored = u32::try_from(head.len()).map_err(io::Error::other)?;
        let raw = u32::try_from(self.head.len()).map_err(io::Error::other)?;
        let prefix = [stored, raw, checksum(head)].map(u32::to_le_bytes);
        for (byte, prefix) in group.iter_mut().zip(prefix.as_flattened()) {
            *byte = *prefix;
        }
        group.append(&mut self.body);
        Ok(group)
    }
}

/// Appends bytes, compressed if that makes them smaller.
fn compress(compressor: &mut Compressor<'static>, raw: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let begin = out.len();
    out.reserve(zstd::zstd_safe::compress_bound(raw.len()));
    let mut end = Behind::new(std::mem::take(out));
    end.set_position(begin as u64);
    let length = compressor.compress_to_buffer(raw, &mut end)?;
    *out = end.into_inner();
    if length + raw.len() / WORTH >= raw.len() {
        out.truncate(begin);
        out.extend_from_slice(raw);
    }
    Ok(())
}

fn checksum(bytes: &[u8]) -> u32 {
    let hash = xxh3_64(bytes);
    let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default();
    let high = u32::try_from(hash >> u32::BITS).unwrap_or_default();
    low ^ high
}

impl Chunk {
    /// The size before compression, in bytes.
    pub(super) fn raw_length(&self) -> usize {
        self.raw
    }
}

impl<'h> Cursor<'h> {
    pub(super) fn new(head: &'h [u8]) -> Self {
        Self {
            whole: head.len(),
            rest: head,
            offset: 0,
        }
    }

    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        take_varint(&mut self.rest).map_err(|_| Damaged("a number is unfinished"))
    }

    /// Reads the number of a column's values.
    pub(super) fn count(&mut self) -> Result<usize, Damaged> {
        let count = self.size()?;
        if count > MAX_VALUES {
            return Err(Damaged("a column has too many values"));
        }
        Ok(count)
    }

    /// Reads a size in bytes.
    pub(super) fn size(&mut self) -> Result<usize, Damaged> {
        let size = usize::try_from(self.number()?).ok();
        size.filter(|size| *size <= MAX_RAW)
            .ok_or(Damaged("a number is too large"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'h [u8], Damaged> {
        let length = self.size()?;
        let split = self.rest.split_at_checked(length);
        let (bytes, rest) = split.ok_or(Damaged("its head is too short"))?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Like [`Self::bytes`]; returns the position in the header.
    pub(super) fn range(&mut self) -> Result<std::ops::Range<usize>, Damaged> {
        let length = self.bytes()?.len();
        let end = self.whole - self.rest.len();
        Ok(end - length..end)
    }

    pub(super) fn chunk(&mut self) -> Result<Chunk, Damaged> {
        let (stored, raw) = (self.size()?, self.size()?);
        let split = self.rest.split_first_chunk();
        let (checksum, rest) = split.ok_or(Damaged("its head is too short"))?;
        self.rest = rest;
        let offset = self.offset;
        self.offset = offset.saturating_add(stored);
        Ok(Chunk {
            offset,
            stored,
            raw,
            checksum: u32::from_le_bytes(*checksum),
        })
    }
}

impl<'u, R: ReadAt> Unpacker<'u, R> {
    /// Of the group that begins where `source` does; its chunks begin at `body` there.
    pub(super) fn new(source: R, decompressor: &'u mut Decompressor<'static>, body: usize) -> Self {
        Self {
            source,
            decompressor,
            body,
            stored: Vec::new(),
        }
    }

    /// Reads the head of the group that begins where `source` does; also says where its chunks begin.
    pub(super) fn open(
        source: R,
        decompressor: &'u mut Decompressor<'static>,
    ) -> Result<(usize, Vec<u8>), R::Error> {
        let mut prefix = [0; PREFIX];
        source.read_at(&mut prefix, 0)?;
        let (numbers, _) = prefix.as_chunks();
        let mut numbers = numbers.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let mut next = || numbers.next().unwrap_or_default();
        let (stored, raw, checksum) = (next() as usize, next() as usize, next());
        if stored.max(raw) > MAX_RAW {
            return Err(Damaged("its head is too large").into());
        }
        let mut unpacker = Self::new(source, decompressor, PREFIX);
        let head = unpacker.read(&Chunk {
            offset: 0,
            stored,
            raw,
            checksum,
        })?;
        Ok((PREFIX + stored, head))
    }

    /// The bytes of a chunk, which are kept for the next question if the source keeps any.
    pub(super) fn unpack(&mut self, chunk: &Chunk) -> Result<Arc<Vec<u8>>, R::Error> {
        let offset = self.body.saturating_add(chunk.offset);
        if let Some(kept) = self.source.kept(offset)
            && kept.len() == chunk.raw
        {
            return Ok(kept);
        }
        let bytes = Arc::new(self.read(chunk)?);
        self.source.keep(offset, &bytes);
        Ok(bytes)
    }

    /// The stored form of a resource and scope.
    pub(super) fn share(&self, head: ResourceScope<'_>) -> Arc<StoredHead> {
        self.source.share(head)
    }

    /// The bytes of a chunk.
    pub(super) fn read(&mut self, chunk: &Chunk) -> Result<Vec<u8>, R::Error> {
        self.stored.resize(chunk.stored, 0);
        let offset = self.body.saturating_add(chunk.offset);
        self.source.read_at(&mut self.stored, offset)?;
        // No fuzzer finds a checksum, behind which it could go on.
        if !cfg!(fuzzing) && checksum(&self.stored) != chunk.checksum {
            return Err(Damaged("a checksum is wrong").into());
        }
        if chunk.stored == chunk.raw {
            return Ok(self.stored.clone());
        }
        let unpacked = self.decompressor.decompress(&self.stored, chunk.raw);
        let unpacked = unpacked.ok().filter(|bytes| bytes.len() == chunk.raw);
        unpacked.ok_or_else(|| Damaged("a chunk cannot be unpacked").into())
    }
}
