//! Reads the parts of blocks that are not in the catalog.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::sync::Arc;

use rusqlite::blob::Blob;
use rusqlite::{ErrorCode, MAIN_DB};
use zstd::bulk::Decompressor;

use super::ReadError;
use super::block::{Form, FrameInfo};
use super::block_head::BlockHead;
use super::caches::Caches;
use super::calls::BlockCalls;
use super::columns::{Damaged, Group, Layout, ReadAt, StoredHead, TraceRows};
use super::layouts::Layouts;
use super::medium::{Bytes, Medium};
use crate::format::otlp::ResourceScope;
use crate::model::TraceId;

/// The source for one reading thread.
pub(super) struct Source {
    pub(super) medium: Medium,
    /// Made for the first frame, and kept with its memory.
    decompressor: Cell<Option<Decompressor<'static>>>,
}

/// The bytes of a frame, read when they are needed.
#[derive(Clone, Copy)]
pub(crate) struct InBlock<'p, 's> {
    frames: &'p Frames<'s>,
    offset: usize,
}

/// The frames of a block, which is opened when the first of them is read: of most blocks, the heads of
/// the frames tell enough.
pub(super) struct Frames<'s> {
    source: &'s Source,
    caches: &'s Caches,
    head: &'s BlockHead,
    part: OnceCell<Part<'s>>,
}

impl<'s> Frames<'s> {
    pub(super) fn new(source: &'s Source, caches: &'s Caches, head: &'s BlockHead) -> Self {
        Self {
            source,
            caches,
            head,
            part: OnceCell::new(),
        }
    }

    fn read(&self, bytes: &mut [u8], offset: usize) -> Result<(), ReadError> {
        let part = if let Some(part) = self.part.get() {
            part
        } else {
            let part = self.source.frames(self.head)?;
            self.part.get_or_init(|| part)
        };
        part.read(bytes, offset)
    }
}

impl ReadAt for InBlock<'_, '_> {
    type Error = ReadError;

    fn read_at(&self, bytes: &mut [u8], offset: usize) -> Result<(), ReadError> {
        self.frames.read(bytes, self.offset.saturating_add(offset))
    }

    fn kept(&self, offset: usize) -> Option<Arc<Vec<u8>>> {
        let Frames { caches, head, .. } = self.frames;
        caches
            .chunks
            .get(head.id, self.offset.saturating_add(offset))
    }

    fn keep(&self, offset: usize, chunk: &Arc<Vec<u8>>) {
        let Frames { caches, head, .. } = self.frames;
        let place = self.offset.saturating_add(offset);
        caches.chunks.keep(head.id, place, chunk);
    }

    fn share(&self, head: ResourceScope<'_>) -> Arc<StoredHead> {
        self.frames.caches.heads.share(head)
    }
}

/// The `TracesData` of the wanted traces of a group of columns.
fn rows(
    mut group: Group<'_, &[u8]>,
    wanted: impl Fn(&TraceRows) -> bool,
) -> Result<Vec<u8>, Damaged> {
    let traces = group.traces()?.into_iter().filter(wanted);
    let messages = group.messages(traces.map(|trace| trace.rows))?;
    let mut data = Vec::new();
    messages.write(&mut data);
    Ok(data)
}

/// A part of a block.
pub(super) enum Part<'s> {
    InMemory(&'s [u8]),
    InDatabase { blob: Blob<'s>, block: i64 },
}

impl fmt::Debug for InBlock<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InBlock").finish_non_exhaustive()
    }
}

impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").finish_non_exhaustive()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn new(medium: Medium) -> Self {
        Self {
            medium,
            decompressor: Cell::new(None),
        }
    }

    /// The frames of a block.
    pub(super) fn frames<'s>(&'s self, head: &'s BlockHead) -> Result<Part<'s>, ReadError> {
        self.part(&head.bytes, head.id, "block_data", "frames")
    }

    /// The calls between services in the frames of a block; `None` if they were not counted, or cannot be
    /// read: the frames themselves tell them, too.
    pub(super) fn calls(&self, head: &BlockHead) -> Result<Option<BlockCalls>, ReadError> {
        let Some(bytes) = &head.calls else {
            return Ok(None);
        };
        let read = || {
            let part = self.part(bytes, head.id, "block", "calls")?;
            let mut packed = vec![0; part.length().min(BlockCalls::MAX_STORED)];
            part.read(&mut packed, 0)?;
            Ok(packed)
        };
        let packed = match read() {
            Err(ReadError::Damaged { .. }) => return Ok(None),
            packed => packed?,
        };
        let mut decompressor = self.decompressor(head.id)?;
        let calls = BlockCalls::decode(&packed, head.frames.len(), &mut decompressor);
        self.decompressor.set(Some(decompressor));
        Ok(calls)
    }

    /// The `TracesData` of a frame.
    pub(super) fn unpack(&self, head: &BlockHead, info: &FrameInfo) -> Result<Vec<u8>, ReadError> {
        let mut packed = vec![0; info.length as usize];
        self.frames(head)?
            .read(&mut packed, info.offset as usize)
            .and_then(|()| self.unpack_bytes(head.id, &packed, info))
    }

    /// The `TracesData` of a frame with these bytes.
    pub(super) fn unpack_bytes(
        &self,
        block: i64,
        packed: &[u8],
        info: &FrameInfo,
    ) -> Result<Vec<u8>, ReadError> {
        let mut decompressor = self.decompressor(block)?;
        let unpacked = match info.form {
            Form::Rows => decompressor
                .decompress(packed, info.raw_length as usize)
                .map_err(|reason| ReadError::damaged(block, &reason)),
            Form::Columns => Layout::read(packed, info.has_filter, &mut decompressor)
                .map(|layout| Group::new(packed, Arc::new(layout), &mut decompressor))
                .and_then(|group| rows(group, |_| true))
                .map_err(|reason| ReadError::damaged(block, &reason)),
        };
        self.decompressor.set(Some(decompressor));
        unpacked
    }

    /// The `TracesData` of the spans of some traces in a frame; for a frame of rows, of all spans.
    pub(super) fn unpack_traces(
        &self,
        head: &BlockHead,
        info: &FrameInfo,
        is_wanted: impl Fn(TraceId) -> bool,
        layouts: &Layouts,
    ) -> Result<Vec<u8>, ReadError> {
        if info.form == Form::Rows {
            return self.unpack(head, info);
        }
        let mut packed = vec![0; info.length as usize];
        self.frames(head)?.read(&mut packed, info.offset as usize)?;
        let mut decompressor = self.decompressor(head.id)?;
        let packed = packed.as_slice();
        let unpacked = layouts
            .get(head.id, info.offset, || {
                Layout::read(packed, info.has_filter, &mut decompressor)
            })
            .map(|layout| Group::new(packed, layout, &mut decompressor))
            .and_then(|group| rows(group, |trace| is_wanted(trace.id)));
        self.decompressor.set(Some(decompressor));
        unpacked.map_err(|reason| ReadError::damaged(head.id, &reason))
    }

    /// Looks into the columns of a frame that has some.
    pub(super) fn with_columns<T>(
        &self,
        frames: &Frames<'_>,
        info: &FrameInfo,
        look: impl FnOnce(&mut Group<'_, InBlock<'_, '_>>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let block = frames.head.id;
        let mut decompressor = self.decompressor(block)?;
        let bytes = InBlock {
            frames,
            offset: info.offset as usize,
        };
        let result = frames
            .caches
            .layouts
            .get(block, info.offset, || {
                Layout::read(bytes, info.has_filter, &mut decompressor)
            })
            .and_then(|layout| look(&mut Group::new(bytes, layout, &mut decompressor)));
        self.decompressor.set(Some(decompressor));
        result.map_err(|reason| match reason {
            ReadError::Damaged { reason, .. } => ReadError::damaged(block, &reason),
            reason => reason,
        })
    }

    fn decompressor(&self, block: i64) -> Result<Decompressor<'static>, ReadError> {
        let made = self.decompressor.take().map_or_else(Decompressor::new, Ok);
        made.map_err(|reason| ReadError::damaged(block, &reason))
    }

    /// The bytes of a block or a log frame; the database has them in this column of the row with its id.
    pub(super) fn part<'s>(
        &'s self,
        bytes: &'s Bytes,
        id: i64,
        table: &str,
        column: &str,
    ) -> Result<Part<'s>, ReadError> {
        match (bytes, &self.medium) {
            (Bytes::InMemory(bytes), _) => Ok(Part::InMemory(bytes)),
            (Bytes::InDatabase, Medium::Database(connection)) => {
                let blob = connection.blob_open(MAIN_DB, table, column, id, true);
                let blob = blob.map_err(|reason| read_error(id, reason))?;
                Ok(Part::InDatabase { blob, block: id })
            }
            (Bytes::InDatabase, Medium::Memory(_)) => {
                Err(ReadError::damaged(id, &"it is not in memory"))
            }
        }
    }
}

impl Part<'_> {
    /// The number of its bytes.
    fn length(&self) -> usize {
        match self {
            Self::InMemory(part) => part.len(),
            Self::InDatabase { blob, .. } => blob.len(),
        }
    }

    /// Fills `bytes` with the bytes from `offset` on.
    pub(super) fn read(&self, bytes: &mut [u8], offset: usize) -> Result<(), ReadError> {
        match self {
            Self::InMemory(part) => {
                let found = part.get(offset..offset + bytes.len());
                let found = found.ok_or_else(|| ReadError::damaged(0, &"a part is too short"))?;
                bytes.copy_from_slice(found);
                Ok(())
            }
            Self::InDatabase { blob, block } => blob
                .read_at_exact(bytes, offset)
                .map_err(|reason| read_error(*block, reason)),
        }
    }
}

/// Decides if an error concerns one block, or the whole database.
fn read_error(block: i64, reason: rusqlite::Error) -> ReadError {
    match reason.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory) => {
            ReadError::Database(reason)
        }
        // A row or page is missing or invalid, or the disk cannot read it.
        _ => ReadError::damaged(block, &reason),
    }
}
