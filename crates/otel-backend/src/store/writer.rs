//! The one thread that writes.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::batch::{Batch, Operation};
use super::block::{FrameInfo, NewBlock, TraceEntry};
use super::build::BlockBuilder;
use super::catalog::{Head, Shared};
use super::token::Token;
use super::{AppendError, OpenError, lock};

/// What the writer can be asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Store spans, and say so.
    Append {
        batch: Batch,
        /// The batch's share of the queue.
        permit: OwnedSemaphorePermit,
        done: oneshot::Sender<Result<(), AppendError>>,
    },
    /// End.
    Close,
}

/// Writes to the database; [`Writer::run`] until the store is closed.
pub struct Writer {
    connection: Connection,
    inbox: mpsc::Receiver<Command>,
    shared: Arc<Shared>,
    builder: BlockBuilder,
    /// Operations that are in the database, by their token.
    known: HashSet<Token>,
}

/// Batches that are committed together, and who waits for them.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    waiting: Vec<(
        OwnedSemaphorePermit,
        oneshot::Sender<Result<(), AppendError>>,
    )>,
    size: usize,
    close: bool,
}

/// A commit takes no more batches behind the one with which it reaches this many bytes.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        inbox: mpsc::Receiver<Command>,
        shared: Arc<Shared>,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            connection,
            inbox,
            shared,
            builder: BlockBuilder::new().map_err(OpenError::Compressor)?,
            known: HashSet::new(),
        })
    }

    /// Commits what is handed over until the store is closed or every handle to it is gone.
    pub fn run(mut self) {
        while let Some(first) = self.inbox.blocking_recv() {
            let group = self.gather(first);
            let result = self.commit(&group.batches);
            if let Err(reason) = &result {
                tracing::error!(%reason, "spans could not be stored");
            }
            for (permit, done) in group.waiting {
                drop(permit);
                // Who no longer waits does not need to know.
                drop(done.send(result.clone()));
            }
            if group.close {
                break;
            }
        }
        self.close();
    }

    /// Adds to the first command what else has arrived by now.
    fn gather(&mut self, first: Command) -> Group {
        let mut group = Group::default();
        group.add(first);
        while group.size < GROUP_BYTES && !group.close {
            match self.inbox.try_recv() {
                Ok(next) => group.add(next),
                Err(_) => break,
            }
        }
        group
    }

    fn commit(&mut self, batches: &[Batch]) -> Result<(), AppendError> {
        if batches.is_empty() {
            return Ok(());
        }
        let block = self
            .builder
            .build(batches)
            .map_err(|reason| AppendError::Write(reason.to_string()))?;
        let operations = self.new_operations(batches);
        let id = insert(&mut self.connection, &block, &operations)
            .map_err(|reason| AppendError::Write(reason.to_string()))?;
        self.known
            .extend(operations.iter().map(|(token, _)| *token));
        self.shared.update(|catalog| {
            catalog.blocks.push(Arc::new(Head::of(id, block)));
            if !operations.is_empty() {
                let known = Arc::make_mut(&mut catalog.operations);
                known.extend(operations.into_iter().map(|(_, operation)| operation));
            }
        });
        Ok(())
    }

    fn new_operations(&self, batches: &[Batch]) -> Vec<(Token, Operation)> {
        let mut seen = HashSet::new();
        batches
            .iter()
            .flat_map(|batch| &batch.operations)
            .filter(|(token, _)| !self.known.contains(token) && seen.insert(**token))
            .map(|(token, operation)| (*token, operation.clone()))
            .collect()
    }

    /// Leaves one file behind instead of a database and its log.
    fn close(self) {
        lock(&self.shared.idle).clear();
        if let Err((_, reason)) = self.connection.close() {
            tracing::warn!(%reason, "the store was not closed cleanly; nothing is lost");
        }
    }
}

impl Group {
    fn add(&mut self, command: Command) {
        match command {
            Command::Append {
                batch,
                permit,
                done,
            } => {
                self.size += batch.size();
                self.batches.push(batch);
                self.waiting.push((permit, done));
            }
            Command::Close => self.close = true,
        }
    }
}

fn insert(
    connection: &mut Connection,
    block: &NewBlock,
    operations: &[(Token, Operation)],
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id = insert_block(&transaction, block)?;
    for (_, operation) in operations {
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO operation (service, name, kind) VALUES (?, ?, ?)",
            )?
            .execute(params![
                operation.service,
                operation.name,
                operation.kind.number()
            ])?;
    }
    transaction.commit()?;
    Ok(id)
}

fn insert_block(connection: &Connection, block: &NewBlock) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached("INSERT INTO block (frames, traces) VALUES (?, ?)")?
        .insert(params![
            FrameInfo::encode_all(&block.frames),
            TraceEntry::encode_all(&block.traces)
        ])?;
    connection
        .prepare_cached("INSERT INTO block_data (block, frames) VALUES (?, ?)")?
        .execute(params![id, block.data])?;
    if let Some(filter) = &block.filter {
        connection
            .prepare_cached("INSERT INTO block_filter (block, rows) VALUES (?, ?)")?
            .execute(params![id, filter])?;
    }
    Ok(id)
}
