//! The store: spans in an SQLite database, many to a row.
//!
//! A receiver encodes its spans into a [`Batch`] and hands it over with [`Store::append`], which
//! answers when they are committed: they then survive the death of the process, and every later
//! read finds them. One thread writes, and commits together what arrived together. Readers use
//! connections of their own and see the store as it was when they began.
//!
//! # Layout
//!
//! `token` and `filter` say which frames a search must open; `batch`, `build` and `block`
//! make blocks, and `merge` merges them; `catalog` is what the process knows of every block; `writer` and `reader` use
//! the database, which `database` opens and `lock` keeps for one process. The bytes are in
//! `docs/format.md`.
//!
//! The store knows neither HTTP nor any query API.

mod batch;
mod block;
mod build;
mod catalog;
mod database;
mod filter;
mod lock;
mod merge;
mod reader;
mod token;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc as signals};

use tokio::sync::{Semaphore, mpsc, oneshot};

pub use batch::{Batch, BatchBuilder, Operation};
pub use database::OpenError;
pub use merge::Merger;
pub use reader::{Block, Frame, Reader};
pub use token::{Token, highest_bit};
pub use writer::Writer;

use catalog::Shared;
use database::Database;
use writer::{Append, Command};

/// Where the spans are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this directory, which is made if it is not there.
    Directory(PathBuf),
    /// In memory, until the process ends.
    Memory,
}

/// A handle to the store; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    commands: mpsc::Sender<Command>,
    /// Bytes of batches that may wait for the writer, in KiB.
    budget: Arc<Semaphore>,
    shared: Arc<Shared>,
    readers: Arc<Semaphore>,
}

/// Why spans were not stored. None of the batch was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// More is waiting to be written than the queue may hold.
    #[error("the store is busy: too many spans are waiting to be written")]
    Busy,
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
    /// The store has been closed.
    #[error("the store is shutting down")]
    Closed,
}

/// Bytes of batches that may wait for the writer.
const QUEUE_KIB: u32 = 64 * 1024;

/// Batches that may wait for the writer.
const QUEUE_BATCHES: usize = 4096;

/// Reads that may run at the same time.
const MAX_READERS: usize = 8;

impl Store {
    /// Opens the store, or makes it.
    ///
    /// The [`Writer`] and the [`Merger`] must be run, each on a thread of its own; nothing is stored
    /// until the writer is.
    ///
    /// # Errors
    /// [`OpenError`] if the directory cannot be used, another process uses it, or what is in it is
    /// not a store that this version reads.
    pub fn open(location: &Location) -> Result<(Self, Writer, Merger), OpenError> {
        let (database, connection) = Database::open(location)?;
        let catalog = catalog::load(&connection)?;
        let shared = Arc::new(Shared::new(database, catalog));
        let (commands, inbox) = mpsc::channel(QUEUE_BATCHES);
        // The merger begins with what an earlier process left.
        let (wake, written) = signals::sync_channel(1);
        wake.try_send(()).ok();
        let writer = Writer::new(connection, inbox, wake, Arc::clone(&shared))?;
        let merger = Merger::new(Arc::clone(&shared), commands.downgrade(), written)?;
        let store = Self {
            commands,
            budget: Arc::new(Semaphore::new(QUEUE_KIB as usize)),
            shared,
            readers: Arc::new(Semaphore::new(MAX_READERS)),
        };
        Ok((store, writer, merger))
    }

    /// Stores spans, all or none; returns when they are committed.
    ///
    /// Waits while the queue is full, so that a fast sender is slowed down rather than refused.
    ///
    /// # Errors
    /// [`AppendError`] if they were not stored.
    pub async fn append(&self, batch: Batch) -> Result<(), AppendError> {
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

    /// Reads from the store, on a thread that may block. All that `read` does sees one state.
    ///
    /// # Errors
    /// What `read` returns, or a [`ReadError`] of its own.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<ReadError> + Send + 'static,
    {
        let permit = Arc::clone(&self.readers).acquire_owned().await;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit.map_err(|_| ReadError::Closed)?;
            let reader = Reader::new(&shared)?;
            let result = read(&reader);
            reader.close(&shared);
            result
        });
        task.await.map_err(|_| ReadError::Closed)?
    }

    /// Asks the writer to end, once it has committed what it was given.
    pub async fn close(&self) {
        // Without a writer there is nothing to close.
        drop(self.commands.send(Command::Close).await);
    }
}

/// Locks a mutex whose holders cannot panic in between; if one did, its data is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
