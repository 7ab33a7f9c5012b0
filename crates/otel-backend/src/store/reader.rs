//! Reading: one state of the store, through one connection.

use std::sync::Arc;

use rusqlite::{Connection, MAIN_DB};

use super::block::has_filter;
use super::catalog::{Catalog, Head, Shared};
use super::filter::{FrameSet, positions, row};
use super::token::Token;
use super::{Operation, ReadError, lock};
use crate::model::{TraceId, UnixNanos};

/// The store as it was at one moment.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    catalog: Arc<Catalog>,
}

/// A frame that may hold what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// When the last of its spans starts. (First, so that frames sort by it.)
    pub last: UnixNanos,
    /// When the first of its spans starts.
    pub first: UnixNanos,
    block: usize,
    index: usize,
}

/// A block, for a search that goes through them one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// When the last of its spans starts. (First, so that blocks sort by it.)
    pub last: UnixNanos,
    /// When the first of its spans starts.
    pub first: UnixNanos,
    index: usize,
}

impl Reader {
    pub(super) fn new(shared: &Shared) -> Result<Self, ReadError> {
        let idle = lock(&shared.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => shared.database.connect()?,
        };
        let catalog = lock(&shared.catalog);
        begin(&connection)?;
        let catalog = Arc::clone(&catalog);
        Ok(Self {
            connection,
            catalog,
        })
    }

    pub(super) fn close(self, shared: &Shared) {
        // A connection that cannot end its transaction is not used again.
        if self.connection.execute_batch("COMMIT").is_ok() {
            lock(&shared.idle).push(self.connection);
        }
    }

    /// Every operation of every service.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.catalog.operations.iter()
    }

    /// Every block.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        let blocks = self.catalog.blocks.iter().enumerate();
        blocks.map(|(index, head)| block(index, head))
    }

    /// The blocks that may hold spans of a trace, in the order of writing.
    pub fn blocks_of_trace(&self, id: TraceId) -> impl Iterator<Item = Block> {
        let blocks = self.catalog.blocks.iter().enumerate();
        blocks
            .filter(move |(_, head)| head.frames_of(id).next().is_some())
            .map(|(index, head)| block(index, head))
    }

    /// The frames that may hold spans of a trace.
    pub fn frames_of_trace(&self, id: TraceId) -> impl Iterator<Item = Frame> {
        let blocks = self.catalog.blocks.iter().enumerate();
        blocks.flat_map(move |(block, head)| {
            head.frames_of(id)
                .filter_map(move |index| frame(block, head, index))
        })
    }

    /// The frames of a block that may hold a span with, for each clause, at least one of its tokens.
    ///
    /// # Errors
    /// [`ReadError`] if the block's filter cannot be read.
    pub fn frames_with(
        &self,
        block: Block,
        clauses: &[Vec<Token>],
    ) -> Result<Vec<Frame>, ReadError> {
        let Some(head) = self.catalog.blocks.get(block.index) else {
            return Ok(Vec::new());
        };
        let set = self.candidates(head, clauses)?;
        Ok(set
            .iter()
            .filter_map(|index| frame(block.index, head, index))
            .collect())
    }

    /// A frame's `TracesData`.
    ///
    /// # Errors
    /// [`ReadError`] if it cannot be read.
    pub fn open(&self, frame: Frame) -> Result<Vec<u8>, ReadError> {
        let head = self.catalog.blocks.get(frame.block);
        let info = head.and_then(|head| Some((head.id, *head.frames.get(frame.index)?)));
        let Some((block, info)) = info else {
            return Ok(Vec::new());
        };
        let blob = self
            .connection
            .blob_open(MAIN_DB, "block_data", "frames", block, true)?;
        let mut compressed = vec![0; info.length as usize];
        blob.read_at_exact(&mut compressed, info.offset as usize)?;
        zstd::bulk::decompress(&compressed, info.raw_length as usize)
            .map_err(|reason| self.damaged(frame, reason))
    }

    /// The error that says that what a frame holds is not what it should be.
    pub fn damaged(&self, frame: Frame, reason: impl std::error::Error) -> ReadError {
        ReadError::Damaged {
            block: self.catalog.blocks.get(frame.block).map_or(0, |h| h.id),
            reason: reason.to_string(),
        }
    }

    fn candidates(&self, head: &Head, clauses: &[Vec<Token>]) -> Result<FrameSet, ReadError> {
        let frames = head.frames.len();
        let mut found = FrameSet::all(frames);
        if !has_filter(&head.frames) || clauses.is_empty() {
            return Ok(found);
        }
        let rows = self
            .connection
            .blob_open(MAIN_DB, "block_filter", "rows", head.id, true)?;
        let mut bytes = Vec::new();
        for clause in clauses {
            let mut any = FrameSet::none(frames);
            for token in clause {
                let mut one = found.clone();
                for position in positions(*token) {
                    if one.is_empty() {
                        break;
                    }
                    let (range, before) = row(position, frames);
                    bytes.resize(range.len(), 0);
                    rows.read_at_exact(&mut bytes, range.start)?;
                    one.intersect(&bytes, before);
                }
                any.unite(&one);
            }
            found = any;
        }
        Ok(found)
    }
}

fn block(index: usize, head: &Head) -> Block {
    Block {
        last: head.last,
        first: head.first,
        index,
    }
}

fn frame(block: usize, head: &Head, index: usize) -> Option<Frame> {
    let info = head.frames.get(index)?;
    Some(Frame {
        last: info.last,
        first: info.first,
        block,
        index,
    })
}

/// Begins a transaction that sees the database as it is now.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    // SQLite fixes what a transaction sees at its first read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}
