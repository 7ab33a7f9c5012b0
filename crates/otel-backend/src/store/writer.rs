//! The one thread that writes.

use std::collections::HashSet;
use std::sync::{Arc, mpsc as signals};

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
    /// Store spans.
    Append(Append),
    /// Put a block in the place of others, and say when that is done.
    Replace {
        old: Vec<i64>,
        block: NewBlock,
        done: oneshot::Sender<()>,
    },
    /// End.
    Close,
}

/// Spans to be stored, and who waits for that.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) batch: Batch,
    /// The batch's share of the queue.
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) done: oneshot::Sender<Result<(), AppendError>>,
}

/// Writes to the database; [`Writer::run`] until the store is closed.
pub struct Writer {
    connection: Connection,
    inbox: mpsc::Receiver<Command>,
    /// A command that has been taken out of the inbox already.
    next: Option<Command>,
    /// Wakes the merger.
    written: signals::SyncSender<()>,
    shared: Arc<Shared>,
    builder: BlockBuilder,
    /// Operations that are in the database, by their token.
    known: HashSet<Token>,
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
        written: signals::SyncSender<()>,
        shared: Arc<Shared>,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            connection,
            inbox,
            next: None,
            written,
            shared,
            builder: BlockBuilder::new().map_err(OpenError::Compressor)?,
            known: HashSet::new(),
        })
    }

    /// Does what is asked until the store is closed or every handle to it is gone.
    pub fn run(mut self) {
        while let Some(command) = self.next() {
            match command {
                Command::Append(append) => self.append(append),
                Command::Replace { old, block, done } => {
                    self.replace(&old, block);
                    // The merger may have been told to end meanwhile.
                    done.send(()).ok();
                }
                Command::Close => break,
            }
        }
        self.close();
    }

    fn next(&mut self) -> Option<Command> {
        self.next.take().or_else(|| self.inbox.blocking_recv())
    }

    /// Commits a batch together with those that have arrived by now, and says so to each sender.
    fn append(&mut self, first: Append) {
        let mut batches = Vec::new();
        let mut waiting = Vec::new();
        let mut size = 0;
        let mut next = Some(first);
        while let Some(append) = next {
            size += append.batch.size();
            batches.push(append.batch);
            waiting.push((append.permit, append.done));
            next = (size < GROUP_BYTES).then(|| self.next_append()).flatten();
        }
        let result = self.commit(&batches);
        if let Err(reason) = &result {
            tracing::error!(%reason, "spans could not be stored");
        }
        for (permit, done) in waiting {
            drop(permit);
            // Who no longer waits does not need to know.
            done.send(result.clone()).ok();
        }
        // A merge that is under way looks for more when it has ended.
        self.written.try_send(()).ok();
    }

    /// The next command, if it has arrived and is to store more.
    fn next_append(&mut self) -> Option<Append> {
        match self.inbox.try_recv().ok()? {
            Command::Append(append) => Some(append),
            other => {
                self.next = Some(other);
                None
            }
        }
    }

    fn commit(&mut self, batches: &[Batch]) -> Result<(), AppendError> {
        if batches.is_empty() {
            return Ok(());
        }
        let block = self
            .builder
            .build(batches, Vec::new())
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

    /// Puts a block in the place of others, unless one of them is no longer there.
    fn replace(&mut self, old: &[i64], block: NewBlock) {
        let mut catalog = lock(&self.shared.catalog);
        let is_old = |head: &Arc<Head>| old.contains(&head.id);
        if catalog.blocks.iter().filter(|head| is_old(head)).count() < old.len() {
            return;
        }
        match replace(&mut self.connection, old, &block) {
            Ok(id) => {
                let blocks = &mut Arc::make_mut(&mut catalog).blocks;
                blocks.retain(|head| !is_old(head));
                blocks.push(Arc::new(Head::of(id, block)));
            }
            Err(reason) => tracing::error!(%reason, "a merged block could not be stored"),
        }
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

fn replace(connection: &mut Connection, old: &[i64], block: &NewBlock) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id = insert_block(&transaction, block)?;
    for delete in [
        "DELETE FROM block_filter WHERE block = ?",
        "DELETE FROM block_data WHERE block = ?",
        "DELETE FROM block WHERE id = ?",
    ] {
        let mut statement = transaction.prepare_cached(delete)?;
        for old in old {
            statement.execute([old])?;
        }
    }
    transaction.commit()?;
    Ok(id)
}
