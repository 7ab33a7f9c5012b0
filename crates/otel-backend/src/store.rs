//! The store of spans and log records: an SQLite database with many of them in each row.
//!
//! A receiver encodes its spans into a [`Batch`] and passes it to [`Store::append`], which returns
//! when they are committed: they then survive the death of the process, and every later read finds
//! them. One thread writes, and commits batches that arrived together in one transaction. Readers
//! use their own connections, and see the store as it was when they began.
//!
//! # Layout
//!
//! | module | what |
//! |---|---|
//! | `batch`, `build`, `block`, `calls` | how blocks are made |
//! | `operations`, `token`, `recent` | which operations are listed |
//! | `secret` | seeds for hashes of what senders choose |
//! | `columns` | the form of spans in blocks that were merged |
//! | `catalog`, `block_head`, `log_frame`, `load`, `split`, `key` | the heads of all blocks and log frames, in memory |
//! | `shared` | the state that the writer and the readers share |
//! | `writer`, `rows` | the one thread that writes, and its statements |
//! | `reader`, `source`, `caches` | one state of the store, where its bytes are read, and what of them is kept: `layouts`, `chunks` |
//! | `upkeep` | what goes on in the background: `merge`, `retention`, `clock` and `evict`, `disk`; `unpack` takes blocks apart for it, `stopped` tells why it ended |
//! | `requests` | batches as OTLP's requests, to be forwarded |
//! | `outside` | columns without a store, for the fuzz target of their decoder |
//! | `evicted` | what is remembered of traces that are gone |
//! | `logs` | log records, in frames of their own |
//! | `medium`, `database`, `room`, `lock` | memory or a database, its file, the disk under it, and the process that has it |
//!
//! `docs/format.md` describes the bytes. A store in memory keeps the same blocks in the catalog,
//! without a database.
//!
//! The store knows neither HTTP nor the query APIs.

mod batch;
mod block;
mod block_head;
mod build;
mod builder;
mod caches;
mod calls;
mod catalog;
mod chunks;
mod clock;
mod columns;
mod database;
mod disk;
mod evict;
mod evicted;
mod key;
mod layouts;
mod load;
mod lock;
mod log_frame;
mod logs;
mod medium;
mod merge;
mod operations;
mod outside;
mod reader;
mod recent;
mod requests;
mod retention;
mod room;
mod rows;
mod secret;
mod shared;
mod source;
mod split;
mod stopped;
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
pub(crate) use calls::BlockCalls;
#[cfg(test)]
pub(crate) use columns::HeadPool;
pub(crate) use columns::{
    Group, Heads, Piece, PieceTexts, PieceValues, Place as MessagePlace, ReadAt, Scan, StoredHead,
    TraceRows, Wanted,
};
pub use database::OpenError;
pub use logs::{LogBatch, LogBatchBuilder, LogFrame, LogOpener, LogScope, OpenLogs};
pub use outside::{decode_columns, encode_columns};
pub(crate) use reader::Looker;
pub use reader::{Block, Frame, Reader};
pub use requests::Request;
pub use retention::Retention;
pub(crate) use split::SplitTraces;

use builder::{Builder, Built};
use database::Database;
use load::load;
use shared::Shared;
use upkeep::Upkeep;
use writer::{Append, Command, LARGE, Writer, not_built};

/// The place where spans are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this directory, which is created if necessary.
    Directory(PathBuf),
    /// In memory, until the process ends.
    Memory,
}

/// The settings of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The place where spans are stored.
    pub location: Location,
    /// The limits of age and size.
    pub retention: Retention,
    /// The durability of a commit.
    pub sync: SyncMode,
}

/// The durability of a commit, and so of acknowledged spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// A commit waits for the operating system: spans survive the death of the process, but a power
    /// failure may lose the last moments.
    #[default]
    Normal,
    /// A commit waits for the disk: spans also survive a power failure.
    Full,
}

impl From<Location> for Settings {
    /// Settings that keep everything.
    fn from(location: Location) -> Self {
        Self {
            location,
            retention: Retention::default(),
            sync: SyncMode::default(),
        }
    }
}

/// Spans or log records to be stored together.
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

    /// The approximate memory, in bytes.
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
    /// The budget of batches that wait for the writer, in KiB, and that of large ones, so that small
    /// ones do not wait for those.
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// The permit to make the block of a large batch.
    building: Arc<Semaphore>,
    shared: Arc<Shared>,
    /// The threads of the writer and of the upkeep.
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// A store whose threads are not running yet.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    pub(crate) upkeep: Upkeep,
}

/// The reason why spans were not stored; nothing of the batch was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There is no space left.
    #[error(
        "the store cannot write: the disk is full: free some space, or keep less with --max-disk or --retention"
    )]
    Full,
    /// A file of the store was deleted or replaced.
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

/// The reason why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database refused.
    #[error("the store cannot read: {0}")]
    Database(#[from] rusqlite::Error),
    /// The bytes of a block are invalid.
    #[error("block {block} of the store is damaged: {reason}")]
    Damaged {
        /// The block's id.
        block: i64,
        /// The fault.
        reason: String,
    },
    /// The bytes of a frame of log records are invalid.
    #[error("frame {frame} of log records is damaged: {reason}")]
    DamagedLogs {
        /// The frame's id.
        frame: i64,
        /// The fault.
        reason: String,
    },
    /// The bytes of a loaded trace are not spans; its blocks are no longer known.
    #[error("the store is damaged: the bytes of a trace are not spans: {0}")]
    Malformed(String),
    /// The store has been closed.
    #[error("the store is shutting down")]
    Closed,
    /// There is not enough memory at the moment.
    #[error("too many large answers are under way: try again in a moment, or ask for less at once")]
    Busy,
    /// A thread that worked on the query panicked.
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

/// The most memory of small batches that wait for the writer, and of large ones.
const SMALL_KIB: u32 = 16 * 1024;
const LARGE_KIB: u32 = 48 * 1024;

/// The most batches that wait for the writer.
const QUEUE_BATCHES: usize = 4096;

impl Store {
    /// Opens or creates the store, and starts its two threads, the writer and the upkeep. They end
    /// when the store is closed, or when its last handle is dropped.
    ///
    /// # Errors
    /// [`OpenError`] if the directory cannot be used, if another process uses it, or if it holds
    /// something that this version cannot read.
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

    /// Like [`Self::open`], without starting the threads: nothing is stored until the writer runs.
    pub(crate) fn open_idle(settings: &Settings) -> Result<Opened, OpenError> {
        let (database, source) = Database::open(settings)?;
        let loaded = load(&source.medium);
        for damage in &loaded.damage {
            tracing::error!(damage, "the store is damaged; what can be read is kept");
        }
        let shared = Arc::new(Shared::new(database, loaded.catalog));
        let (commands, inbox) = mpsc::channel(QUEUE_BATCHES);
        // The upkeep begins with the work that an earlier process left.
        let (wake, written) = signals::sync_channel(1);
        wake.try_send(()).ok();
        let writer = Writer::new(source, inbox, wake, Arc::clone(&shared), loaded.operations)?;
        let weak = commands.downgrade();
        let upkeep = Upkeep::new(Arc::clone(&shared), settings.retention, weak, written)?;
        let store = Self {
            commands,
            small: Arc::new(Semaphore::new(SMALL_KIB as usize)),
            large: Arc::new(Semaphore::new(LARGE_KIB as usize)),
            building: Arc::new(Semaphore::new(1)),
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
        let is_large = batch.size() >= LARGE;
        let (budget, most) = if is_large {
            (&self.large, LARGE_KIB)
        } else {
            (&self.small, SMALL_KIB)
        };
        let kib = u32::try_from(batch.size() / 1024).unwrap_or(u32::MAX);
        let permits = kib.saturating_add(1).min(most);
        let permit = Arc::clone(budget).acquire_many_owned(permits).await;
        let permit = permit.map_err(|_| AppendError::Closed)?;
        let (batch, built) = if is_large {
            let (batch, built) = self.build(batch).await?;
            (batch, Some(built))
        } else {
            (batch, None)
        };
        let (done, committed) = oneshot::channel();
        let append = Append {
            batch,
            built,
            permit,
            done,
        };
        self.commands
            .send(Command::Append(append))
            .await
            .map_err(|_| AppendError::Closed)?;
        committed.await.map_err(|_| AppendError::Closed)?
    }

    /// Makes the block of a large batch, one at a time, so that the writer, for which small batches wait,
    /// does not.
    async fn build(&self, batch: Signals) -> Result<(Signals, Built), AppendError> {
        let turn = Arc::clone(&self.building).acquire_owned().await;
        let seed = self.shared.snapshot().seed;
        let build = move || {
            let _turn = turn.map_err(|_| AppendError::Closed)?;
            let built = Builder::new(seed).and_then(|mut builder| builder.build_one(&batch));
            Ok((batch, built.map_err(|reason| not_built(&reason))?))
        };
        let built = tokio::task::spawn_blocking(build).await;
        built.map_err(|defect| AppendError::Write(defect.to_string()))?
    }

    /// Reads from the store on this thread, which may block. Everything that `read` does sees the
    /// same state.
    ///
    /// # Errors
    /// The error of `read`, or a [`ReadError`].
    pub fn read<T, E: From<ReadError>>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        let reader = Reader::new(&self.shared)?;
        let result = read(&reader);
        reader.close();
        result
    }

    /// The reason why the store cannot accept spans at the moment, if any: its files are gone, or
    /// the disk is full.
    pub fn problem(&self) -> Option<AppendError> {
        self.shared.database.check_room(0).err()
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        lock(&self.shared.catalog).blocks.len()
    }

    /// The number of blocks found to be damaged, at least in part.
    pub fn damaged_blocks(&self) -> usize {
        self.shared.damaged()
    }

    /// Ends the store's threads, after they have committed what they were given, and waits for
    /// them.
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

/// Locks a mutex whose holders do not panic; if one did, its data is still valid.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
