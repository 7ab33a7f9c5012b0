//! Reads one state of the store through one connection.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;

use super::block::{Form, FrameInfo};
use super::block_head::BlockHead;
use super::calls::{BlockCalls, Call};
use super::catalog::Catalog;
use super::columns::Group;
use super::database::Database;
use super::load::load;
use super::shared::Shared;
use super::source::{Frames, InBlock, Source};
use super::split::SplitTraces;
use super::{OpenError, Operation, ReadError, lock};
use crate::model::{TraceId, UnixNanos};

/// The store as it was at one moment.
#[derive(Debug)]
pub struct Reader {
    pub(super) source: Source,
    pub(super) catalog: Arc<Catalog>,
    pub(super) shared: Arc<Shared>,
}

/// A frame that may hold matching spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// The latest start of its spans. (First, so that frames sort by it.)
    pub last: UnixNanos,
    /// The start of its first span.
    pub first: UnixNanos,
    /// No trace of which it holds spans begins later.
    pub newest: UnixNanos,
    /// No span of it ends later.
    pub end: UnixNanos,
    /// The approximate bytes of its spans when they are reassembled.
    pub bytes: u32,
    block: usize,
    index: usize,
}

/// Reads the columns of frames, and keeps their blocks open.
#[derive(Debug)]
pub(crate) struct Looker<'r> {
    reader: &'r Reader,
    open: HashMap<usize, Frames<'r>>,
}

/// The most blocks that are kept open.
const MAX_OPEN: usize = 64;

/// A block, for a search that goes through blocks one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    /// The latest start of its spans. (First, so that blocks sort by it.)
    pub last: UnixNanos,
    /// The start of its first span.
    pub first: UnixNanos,
    /// No trace of which it holds spans begins later.
    pub newest: UnixNanos,
    index: usize,
}

impl Reader {
    pub(super) fn new(shared: &Arc<Shared>) -> Result<Self, ReadError> {
        let idle = lock(&shared.idle).pop();
        let source = match idle {
            Some(source) => source,
            None => shared.database.connect()?,
        };
        let catalog = lock(&shared.catalog);
        source.medium.begin()?;
        let catalog = Arc::clone(&catalog);
        Ok(Self {
            source,
            catalog,
            shared: Arc::clone(shared),
        })
    }

    /// The current state of the store in a directory, which another process may be writing.
    ///
    /// # Errors
    /// [`OpenError`] if there is no store that this version can read.
    pub fn of_directory(directory: &Path) -> Result<Self, OpenError> {
        let (database, source) = Database::open_to_read(directory)?;
        source.medium.begin().map_err(OpenError::Connect)?;
        let loaded = load(&source.medium);
        for damage in &loaded.damage {
            tracing::error!(damage, "the store is damaged; what can be read is read");
        }
        Ok(Self {
            source,
            catalog: Arc::new(loaded.catalog),
            shared: Arc::new(Shared::new(database, Catalog::default())),
        })
    }

    /// Another reader of the same state, for a second thread; `None` if the store has changed since.
    pub(crate) fn twin(&self) -> Option<Self> {
        let twin = Self::new(&self.shared).ok()?;
        if Arc::ptr_eq(&twin.catalog, &self.catalog) {
            return Some(twin);
        }
        twin.close();
        None
    }

    /// Ends the reading, so that another reader can have the connection.
    pub(crate) fn close(self) {
        // A connection that cannot end its transaction is not reused.
        if self.source.medium.end().is_ok() {
            lock(&self.shared.idle).push(self.source);
        }
    }

    /// Returns true if retention has removed a trace with this id, completely or in part.
    ///
    /// About two million traces are remembered by keys of four bytes. So the answer may be
    /// false for a trace removed long ago and, for about one in some thousand ids, true for a trace
    /// that never existed.
    pub fn evicted(&self, id: TraceId) -> bool {
        self.catalog.evicted.contains(id)
    }

    /// All operations of all services.
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

    /// The frames of a block.
    pub fn frames_of_block(&self, block: Block) -> impl Iterator<Item = Frame> {
        let head = self.catalog.blocks.get(block.index).map(Arc::as_ref);
        let frames = head.map_or(0..0, |head| 0..head.frames.len());
        frames.filter_map(move |index| frame(block.index, head?, index))
    }

    /// A frame's `TracesData`.
    ///
    /// One that is damaged is reported, and has no spans: the others can still be read.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub fn open(&self, frame: Frame) -> Result<Vec<u8>, ReadError> {
        let Some((head, info)) = self.info(frame) else {
            return Ok(Vec::new());
        };
        self.unless_damaged(self.source.unpack(head, info), Vec::new)
    }

    /// The `TracesData` of the spans of some traces in a frame, possibly with more spans.
    ///
    /// One that is damaged is reported, and has no spans: the others can still be read.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub fn open_traces(
        &self,
        frame: Frame,
        is_wanted: impl Fn(TraceId) -> bool,
    ) -> Result<Vec<u8>, ReadError> {
        let Some((head, info)) = self.info(frame) else {
            return Ok(Vec::new());
        };
        self.unless_damaged(
            self.source
                .unpack_traces(head, info, is_wanted, &self.shared.caches.layouts),
            Vec::new,
        )
    }

    /// Returns true if the spans of a frame are stored in columns.
    pub fn has_columns(&self, frame: Frame) -> bool {
        let info = self.info(frame);
        info.is_some_and(|(_, info)| info.form == Form::Columns)
    }

    /// Looks into the columns of a frame; `None` if it has none, or is damaged, which is reported.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub(crate) fn look_into<T>(
        &self,
        frame: Frame,
        look: impl FnOnce(&mut Group<'_, InBlock<'_, '_>>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        self.looker().look_into(frame, look)
    }

    /// The traces that may have spans in more than one frame.
    pub(crate) fn split_traces(&self) -> Arc<SplitTraces> {
        self.shared.split.get(&self.catalog)
    }

    /// The calls between services in the frames of a block, as far as they were counted.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub(crate) fn calls(&self, block: Block) -> Result<Option<BlockCalls>, ReadError> {
        let head = self.catalog.blocks.get(block.index);
        head.map_or(Ok(None), |head| self.source.calls(head))
    }

    /// A reader of the columns of many frames.
    pub(crate) fn looker(&self) -> Looker<'_> {
        Looker {
            reader: self,
            open: HashMap::new(),
        }
    }

    fn info(&self, frame: Frame) -> Option<(&BlockHead, &FrameInfo)> {
        let head = self.catalog.blocks.get(frame.block)?;
        Some((head, head.frames.get(frame.index)?))
    }

    /// Reports damage; other errors are returned.
    fn unless_damaged<T>(
        &self,
        result: Result<T, ReadError>,
        otherwise: impl FnOnce() -> T,
    ) -> Result<T, ReadError> {
        match result {
            Err(ReadError::Damaged { block, reason }) => {
                self.shared.report_damage(block, &reason);
                Ok(otherwise())
            }
            result => result,
        }
    }

    /// The error that the content of a frame is invalid.
    pub fn damaged(&self, frame: Frame, reason: impl std::error::Error) -> ReadError {
        ReadError::Damaged {
            block: self.catalog.blocks.get(frame.block).map_or(0, |h| h.id),
            reason: reason.to_string(),
        }
    }
}

impl Frame {
    /// Its place in the order of writing.
    pub fn place(&self) -> (usize, usize) {
        (self.block, self.index)
    }
}

impl BlockCalls {
    /// The calls in a frame of the block; `None` if they were not counted.
    pub(crate) fn of(&self, frame: Frame) -> Option<&[Call]> {
        self.frames.get(frame.index)?.as_deref()
    }
}

impl SplitTraces {
    /// Returns true if all traces with spans in a frame lie in it with all of their spans.
    pub(crate) fn are_whole(&self, frame: Frame) -> bool {
        self.are_whole_in(frame.block, frame.index)
    }
}

impl Looker<'_> {
    /// Looks into the columns of a frame; `None` if it has none, or is damaged, which is reported.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub(crate) fn look_into<T>(
        &mut self,
        frame: Frame,
        look: impl FnOnce(&mut Group<'_, InBlock<'_, '_>>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let reader = self.reader;
        let info = reader.info(frame);
        let Some((head, info)) = info.filter(|(_, info)| info.form == Form::Columns) else {
            return Ok(None);
        };
        if self.open.len() >= MAX_OPEN && !self.open.contains_key(&frame.block) {
            self.open.clear();
        }
        let open = self.open.entry(frame.block);
        let frames =
            open.or_insert_with(|| Frames::new(&reader.source, &reader.shared.caches, head));
        let result = reader.source.with_columns(frames, info, look);
        reader.unless_damaged(result.map(Some), || None)
    }
}

fn block(index: usize, head: &BlockHead) -> Block {
    Block {
        last: head.last,
        first: head.first,
        newest: head.newest,
        index,
    }
}

fn frame(block: usize, head: &BlockHead, index: usize) -> Option<Frame> {
    let info = head.frames.get(index)?;
    Some(Frame {
        last: info.last,
        first: info.first,
        newest: info.newest,
        end: info.end,
        bytes: info.raw_length,
        block,
        index,
    })
}
