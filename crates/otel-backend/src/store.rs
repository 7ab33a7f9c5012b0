//! The store: spans and log records in an SQLite database, many to a row.
//!
//! A receiver encodes its spans into a [`Batch`] and hands it over with [`Store::append`], which
//! answers when they are committed: they then survive the death of the process, and every later
//! read finds them. One thread writes, and commits together what arrived together. Readers use
//! connections of their own and see the store as it was when they began.
//!
//! # Layout
//!
//! | module | what |
//! |---|---|
//! | `batch`, `build`, `block` | how blocks are made |
//! | `operations`, `token`, `recent` | which operations are listed |
//! | `columns` | the form of spans in blocks that were merged |
//! | `catalog`, `load`, `split` | what the process knows of every block |
//! | `writer`, `rows` | the one thread that writes, and its statements |
//! | `reader`, `source`, `layouts` | one state of the store, where its bytes are read, and what of them is kept |
//! | `upkeep` | what goes on in the background: `merge`, `retention`, `clock` and `evict`, `disk`; `unpack` takes blocks apart for it |
//! | `requests` | batches as OTLP's requests, to be forwarded |
//! | `evicted` | what is remembered of traces that are gone |
//! | `logs` | log records, in frames of their own |
//! | `database`, `room`, `lock` | the file, the disk under it, and the process that has it |
//!
//! The bytes are in `docs/format.md`. A store in memory keeps the same blocks in the catalog, and
//! has no database.
//!
//! The store knows neither HTTP nor any query API.

mod batch;
mod block;
mod build;
mod catalog;
mod clock;
mod columns;
mod database;
mod disk;
mod evict;
mod evicted;
mod layouts;
mod load;
mod lock;
mod logs;
mod merge;
mod operations;
mod reader;
mod recent;
mod requests;
mod retention;
mod room;
mod rows;
mod source;
mod split;
mod token;
mod unpack;
mod upkeep;
mod writer;
mod zigzag;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc as signals};
use std::thread::{self, JoinHandle};

use tokio::sync::{Semaphore, mpsc, oneshot};

pub use batch::{Batch, BatchBuilder, Operation};
pub(crate) use columns::{
    Group, Heads, Layout, Piece, PieceTexts, PieceValues, Place as MessagePlace, ReadAt, Scan,
    TraceRows, Wanted,
};
pub use database::OpenError;
pub use logs::{LogBatch, LogBatchBuilder, LogFrame, LogOpener, LogScope, OpenLogs};
pub(crate) use reader::Looker;
pub use reader::{Block, Frame, Reader};
pub use requests::Request;
pub use retention::Retention;
pub(crate) use split::SplitTraces;

use catalog::Shared;
use database::Database;
use load::load;
use upkeep::Upkeep;
use writer::{Append, Command, Writer};

/// Where the spans are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this directory, which is made if it is not there.
    Directory(PathBuf),
    /// In memory, until the process ends.
    Memory,
}

/// What a store is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the spans are kept.
    pub location: Location,
    /// How long and how much is kept.
    pub retention: Retention,
    /// What a commit waits for.
    pub sync: SyncMode,
}

/// What a commit waits for, and so what an acknowledged span survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// The operating system: the death of the process. A power cut can cost the last moments.
    #[default]
    Normal,
    /// The disk: a power cut too.
    Full,
}

impl From<Location> for Settings {
    /// A store that keeps everything.
    fn from(location: Location) -> Self {
        Self {
            location,
            retention: Retention::default(),
            sync: SyncMode::default(),
        }
    }
}

/// What is stored together: spans or log records.
#[derive(Debug)]
pub enum Signals {
    /// Spans.
    Spans(Batch),
    /// Log records.
    Logs(LogBatch),
}

impl From<Batch> for Signals {
    fn from(batch: Batch) -> Self {
        Self::Spans(batch)
    }
}

impl From<LogBatch> for Signals {
    fn from(batch: LogBatch) -> Self {
        Self::Logs(batch)
    }
}

impl Signals {
    fn is_empty(&self) -> bool {
        match self {
            Self::Spans(batch) => batch.is_empty(),
            Self::Logs(batch) => batch.is_empty(),
        }
    }

    /// About how much memory they take, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Spans(batch) => batch.size(),
            Self::Logs(batch) => batch.size(),
        }
    }
}

/// A handle to the store; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    commands: mpsc::Sender<Command>,
    /// Bytes of batches that may wait for the writer, in KiB.
    budget: Arc<Semaphore>,
    shared: Arc<Shared>,
    /// The threads that write and keep the store in order.
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// A store whose threads do not run yet.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    pub(crate) upkeep: Upkeep,
}

/// Why spans were not stored. None of the batch was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There is no space left.
    #[error(
        "the store cannot write: the disk is full: free some space, or keep less with --max-disk or --retention"
    )]
    Full,
    /// A file of the store was deleted, or another put in its place.
    #[error(
        "the store cannot write: {} was deleted or replaced while otel-backend runs: start it again",
        .0.display()
    )]
    Gone(PathBuf),
    /// The database refused.
    #[error("the store cannot write: {0}")]
    Write(String),
    /// The store has been closed.
    #[error("the store is shutting down")]
    Closed,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database refused.
    #[error("the store cannot read: {0}")]
    Database(#[from] rusqlite::Error),
    /// A block's bytes are not what they should be.
    #[error("block {block} of the store is damaged: {reason}")]
    Damaged {
        /// The block.
        block: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes of a frame of log records are not what they should be.
    #[error("frame {frame} of log records is damaged: {reason}")]
    DamagedLogs {
        /// The frame.
        frame: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// What a trace was put together from are not spans; its blocks are not known any more.
    #[error("the store is damaged: the bytes of a trace are not spans: {0}")]
    Malformed(String),
    /// The store has been closed.
    #[error("the store is shutting down")]
    Closed,
    /// There is no memory for more at the moment.
    #[error("too many large answers are under way: try again in a moment, or ask for less at once")]
    Busy,
    /// A thread that worked on the question panicked.
    #[error(
        "the question could not be answered because of a defect in otel-backend: its log has more"
    )]
    Panicked,
}

impl ReadError {
    fn damaged(block: i64, reason: &dyn std::fmt::Display) -> Self {
        Self::Damaged {
            block,
            reason: reason.to_string(),
        }
    }
}

/// Bytes of batches that may wait for the writer.
const QUEUE_KIB: u32 = 64 * 1024;

/// Batches that may wait for the writer.
const QUEUE_BATCHES: usize = 4096;

impl Store {
    /// Opens the store, or makes it, and starts the two threads that write and keep it in order. They
    /// end when it is closed, or when the last handle to it goes.
    ///
    /// # Errors
    /// [`OpenError`] if the directory cannot be used, another process uses it, or what is in it is
    /// not a store that this version reads.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let Opened {
            store,
            writer,
            upkeep,
        } = Self::open_idle(settings)?;
        store.spawn("store-writer", || writer.run())?;
        store.spawn("store-upkeep", || upkeep.run())?;
        Ok(store)
    }

    /// As [`Self::open`], but the threads are not started: nothing is stored until the writer runs.
    pub(crate) fn open_idle(settings: &Settings) -> Result<Opened, OpenError> {
        let (database, source) = Database::open(settings)?;
        let loaded = source.connection.as_ref().map(load).unwrap_or_default();
        for damage in &loaded.damage {
            tracing::error!(damage, "the store is damaged; what can be read is kept");
        }
        let shared = Arc::new(Shared::new(database, loaded.catalog));
        let (commands, inbox) = mpsc::channel(QUEUE_BATCHES);
        // The upkeep begins with what an earlier process left.
        let (wake, written) = signals::sync_channel(1);
        wake.try_send(()).ok();
        let writer = Writer::new(source, inbox, wake, Arc::clone(&shared), loaded.operations)?;
        let weak = commands.downgrade();
        let upkeep = Upkeep::new(Arc::clone(&shared), settings.retention, weak, written)?;
        let store = Self {
            commands,
            budget: Arc::new(Semaphore::new(QUEUE_KIB as usize)),
            shared,
            threads: Arc::default(),
        };
        Ok(Opened {
            store,
            writer,
            upkeep,
        })
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(work).map_err(OpenError::Thread)?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Stores spans or log records, all or none; returns when they are committed.
    ///
    /// Waits while the queue is full, so that a fast sender is slowed down rather than refused.
    ///
    /// # Errors
    /// [`AppendError`] if they were not stored.
    pub async fn append(&self, batch: impl Into<Signals>) -> Result<(), AppendError> {
        let batch = batch.into();
        if batch.is_empty() {
            return Ok(());
        }
        let kib = u32::try_from(batch.size() / 1024).unwrap_or(u32::MAX);
        let permits = kib.saturating_add(1).min(QUEUE_KIB);
        let budget = Arc::clone(&self.budget);
        let permit = budget.acquire_many_owned(permits).await;
        let permit = permit.map_err(|_| AppendError::Closed)?;
        let (done, committed) = oneshot::channel();
        let append = Append {
            batch,
            permit,
            done,
        };
        self.commands
            .send(Command::Append(append))
            .await
            .map_err(|_| AppendError::Closed)?;
        committed.await.map_err(|_| AppendError::Closed)?
    }

    /// Reads from the store on this thread, which may block. All that `read` does sees one state.
    ///
    /// # Errors
    /// What `read` returns, or a [`ReadError`] of its own.
    pub fn read<T, E: From<ReadError>>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        let reader = Reader::new(&self.shared)?;
        let result = read(&reader);
        reader.close();
        result
    }

    /// What keeps the store from taking spans at the moment, if anything: its files are gone, or there is
    /// no room on the disk.
    pub fn problem(&self) -> Option<AppendError> {
        self.shared.database.check_room(0).err()
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        lock(&self.shared.catalog).blocks.len()
    }

    /// How many blocks turned out to be damaged, at least in part.
    pub fn damaged_blocks(&self) -> usize {
        self.shared.damaged()
    }

    /// Ends the store's threads, once they have committed what they were given, and waits for them.
    pub async fn close(&self) {
        // Without a writer there is nothing to close.
        drop(self.commands.send(Command::Close).await);
        let threads = std::mem::take(&mut *lock(&self.threads));
        let join = || threads.into_iter().all(|thread| thread.join().is_ok());
        if !tokio::task::spawn_blocking(join).await.unwrap_or(false) {
            tracing::error!("a thread of the store failed");
        }
    }
}

/// Locks a mutex whose holders cannot panic in between; if one did, its data is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
