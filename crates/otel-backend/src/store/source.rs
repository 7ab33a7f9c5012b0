//! Where the parts of blocks are read that the catalog does not hold.

use std::cell::Cell;
use std::fmt;

use rusqlite::blob::Blob;
use rusqlite::{Connection, ErrorCode, MAIN_DB};
use zstd::bulk::Decompressor;

use super::ReadError;
use super::block::FrameInfo;
use super::catalog::Head;

/// Where one thread reads.
pub(super) struct Source {
    /// A connection to the database; none for a store in memory, whose blocks are whole in the catalog.
    pub(super) connection: Option<Connection>,
    /// Made when the first frame is unpacked, and kept with its memory.
    decompressor: Cell<Option<Decompressor<'static>>>,
}

/// One part of a block.
pub(super) enum Part<'s> {
    Resident(&'s [u8]),
    Stored { blob: Blob<'s>, block: i64 },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn new(connection: Option<Connection>) -> Self {
        Self {
            connection,
            decompressor: Cell::new(None),
        }
    }

    /// The frames of a block.
    pub(super) fn frames<'s>(&'s self, head: &'s Head) -> Result<Part<'s>, ReadError> {
        match &head.resident {
            Some(body) => Ok(Part::Resident(&body.frames)),
            None => self.stored(head.id, "block_data", "frames"),
        }
    }

    /// The filter of a block that has one.
    pub(super) fn filter<'s>(&'s self, head: &'s Head) -> Result<Part<'s>, ReadError> {
        match &head.resident {
            Some(body) => Ok(Part::Resident(&body.filter)),
            None => self.stored(head.id, "block_filter", "rows"),
        }
    }

    /// The `TracesData` of a frame.
    pub(super) fn unpack(&self, head: &Head, info: &FrameInfo) -> Result<Vec<u8>, ReadError> {
        let mut packed = vec![0; info.length as usize];
        self.frames(head)?
            .read(&mut packed, info.offset as usize)
            .and_then(|()| self.unpack_bytes(head.id, &packed, info))
    }

    /// Unpacks the bytes of a frame.
    pub(super) fn unpack_bytes(
        &self,
        block: i64,
        packed: &[u8],
        info: &FrameInfo,
    ) -> Result<Vec<u8>, ReadError> {
        let unpack = || {
            let mut decompressor = match self.decompressor.take() {
                Some(kept) => kept,
                None => Decompressor::new()?,
            };
            let unpacked = decompressor.decompress(packed, info.raw_length as usize);
            self.decompressor.set(Some(decompressor));
            unpacked
        };
        unpack().map_err(|reason| ReadError::damaged(block, &reason))
    }

    fn stored<'s>(&'s self, block: i64, table: &str, column: &str) -> Result<Part<'s>, ReadError> {
        let Some(connection) = &self.connection else {
            return Err(ReadError::damaged(
                block,
                &"it is neither in memory nor on disk",
            ));
        };
        let blob = connection.blob_open(MAIN_DB, table, column, block, true);
        let blob = blob.map_err(|reason| read_error(block, reason))?;
        Ok(Part::Stored { blob, block })
    }
}

impl Part<'_> {
    /// Fills `bytes` with what begins at `offset`.
    pub(super) fn read(&self, bytes: &mut [u8], offset: usize) -> Result<(), ReadError> {
        match self {
            Self::Resident(part) => {
                let found = part.get(offset..offset + bytes.len());
                let found = found.ok_or_else(|| ReadError::damaged(0, &"a part is too short"))?;
                bytes.copy_from_slice(found);
                Ok(())
            }
            Self::Stored { blob, block } => blob
                .read_at_exact(bytes, offset)
                .map_err(|reason| read_error(*block, reason)),
        }
    }

    /// All of it.
    pub(super) fn read_all(&self) -> Result<Vec<u8>, ReadError> {
        let length = match self {
            Self::Resident(part) => part.len(),
            Self::Stored { blob, .. } => blob.len(),
        };
        let mut bytes = vec![0; length];
        self.read(&mut bytes, 0)?;
        Ok(bytes)
    }
}

/// An error that concerns one block, or the database as a whole.
fn read_error(block: i64, reason: rusqlite::Error) -> ReadError {
    match reason.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory) => {
            ReadError::Database(reason)
        }
        // A row or a page that is missing or not what it should be, or a disk that cannot read it.
        _ => ReadError::damaged(block, &reason),
    }
}
