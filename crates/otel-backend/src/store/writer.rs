//! The single writing thread.

use std::sync::{Arc, mpsc as signals};

use rusqlite::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::Operation;
use super::batch::Batch;
use super::block::NewBlock;
use super::block_head::BlockHead;
use super::builder::{Builder, Built};
use super::disk::Slack;
use super::log_frame::NewLogFrame;
use super::operations::Operations;
use super::rows::{self, Added, Remembered};
use super::shared::Shared;
use super::source::Source;
use super::{AppendError, OpenError, Signals, disk, lock};
use crate::model::UnixNanos;
use crate::throttle::Throttle;

/// A command for the writer.
#[derive(Debug)]
pub(super) enum Command {
    /// Store spans or log records.
    Append(Append),
    /// Replace blocks; the answer tells if that was done.
    Replace(Replace),
    /// Replace frames of log records; the answer tells if that was done.
    ReplaceLogs(ReplaceLogs),
    /// Return some disk space; the answer tells if there is more.
    GiveBack {
        slack: Slack,
        done: oneshot::Sender<bool>,
    },
    /// End the thread.
    Close,
}

/// The replacement of blocks by at most one block.
#[derive(Debug)]
pub(super) struct Replace {
    pub(super) old: Vec<i64>,
    pub(super) block: Option<NewBlock>,
    /// Its spans, if they are at hand and it will be merged once more.
    pub(super) recent: Vec<Arc<Batch>>,
    /// The keys of the removed traces.
    pub(super) evicted: Vec<u32>,
    pub(super) done: oneshot::Sender<bool>,
}

/// The replacement of frames of log records.
#[derive(Debug)]
pub(super) struct ReplaceLogs {
    pub(super) old: Vec<i64>,
    pub(super) frames: Vec<NewLogFrame>,
    pub(super) done: oneshot::Sender<bool>,
}

/// Spans or log records to be stored, and the waiting sender.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) batch: Signals,
    /// What is committed of it, if that was made before.
    pub(super) built: Option<Built>,
    /// The batch's share of the queue.
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) done: oneshot::Sender<Result<(), AppendError>>,
}

/// Writes to the database; runs in [`Writer::run`] until the store is closed.
pub(crate) struct Writer {
    source: Source,
    inbox: mpsc::Receiver<Command>,
    /// A command that has already been taken from the inbox.
    next: Option<Command>,
    /// Wakes the upkeep.
    written: signals::SyncSender<()>,
    shared: Arc<Shared>,
    builder: Builder,
    operations: Operations,
    /// Limits how often failures are logged.
    failures: Throttle,
}

/// Bytes of spans in small commits that are kept in memory until they are merged, which then need not be
/// read and unpacked.
const MAX_RECENT: usize = 4 << 20;

/// The bytes after which a commit takes no more batches.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// The bytes from which a batch is committed by itself.
pub(super) const LARGE: usize = 1024 * 1024;

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(
        source: Source,
        inbox: mpsc::Receiver<Command>,
        written: signals::SyncSender<()>,
        shared: Arc<Shared>,
        operations: Operations,
    ) -> Result<Self, OpenError> {
        let seed = shared.snapshot().seed;
        Ok(Self {
            source,
            inbox,
            next: None,
            written,
            shared,
            builder: Builder::new(seed).map_err(OpenError::Compressor)?,
            operations,
            failures: Throttle::new(),
        })
    }

    /// Executes commands until the store is closed or all its handles are dropped.
    pub(crate) fn run(mut self) {
        while let Some(command) = self.next() {
            match command {
                Command::Append(append) => self.append(append),
                Command::Replace(replace) => self.replace(replace),
                Command::ReplaceLogs(ReplaceLogs { old, frames, done }) => {
                    done.send(self.replace_logs(&old, frames)).ok();
                }
                Command::GiveBack { slack, done } => {
                    done.send(self.give_back(slack)).ok();
                }
                Command::Close => break,
            }
        }
        self.close();
    }

    /// The next command; `None` if there is nobody left to send one.
    fn next(&mut self) -> Option<Command> {
        let next = self.next.take();
        next.or_else(|| self.inbox.blocking_recv())
    }

    /// Commits a batch, and those that have arrived after it. One that has been built is committed by
    /// itself.
    fn append(&mut self, first: Append) {
        let (mut together, mut size) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(append) = next {
            let is_built = append.built.is_some();
            if is_built && !together.is_empty() {
                self.next = Some(Command::Append(append));
                break;
            }
            size += append.batch.size();
            together.push(append);
            let has_room = !is_built && size < GROUP_BYTES;
            next = has_room.then(|| self.next_append()).flatten();
        }
        self.store(together);
    }

    /// Commits batches in one transaction, and answers their senders.
    fn store(&mut self, batches: Vec<Append>) {
        let (mut spans, mut logs, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut built = None;
        for append in batches {
            built = built.or(append.built);
            match append.batch {
                Signals::Spans(batch) => spans.push(batch),
                Signals::Logs(batch) => logs.push(batch),
            }
            waiting.push((append.permit, append.done));
        }
        let built = if let Some(built) = built {
            Ok(built)
        } else {
            let built = self.builder.build(&spans, &logs);
            built.map_err(|reason| not_built(&reason))
        };
        let result = built.and_then(|built| self.commit(spans, built));
        if let Err(reason) = &result
            && let Some(more) = self.failures.pass()
        {
            tracing::error!(%reason, more, "spans or log records could not be stored");
        }
        for (permit, done) in waiting {
            drop(permit);
            // The sender may have stopped waiting.
            done.send(result.clone()).ok();
        }
        // An upkeep in progress looks for more work when it is done.
        self.written.try_send(()).ok();
    }

    /// The next command, if it has arrived and stores more.
    fn next_append(&mut self) -> Option<Append> {
        match self.inbox.try_recv().ok()? {
            Command::Append(append) => Some(append),
            other => {
                self.next = Some(other);
                None
            }
        }
    }

    /// Stores what was made of spans and log records in one transaction.
    fn commit(&mut self, batches: Vec<Batch>, built: Built) -> Result<(), AppendError> {
        let Built { block, logs } = built;
        // The bytes go into the log, and then into the database.
        let of_logs: u64 = logs.iter().map(NewLogFrame::size).sum();
        let bytes = 2 * (block.as_ref().map_or(0, NewBlock::size) + of_logs);
        self.shared.database.check_room(bytes)?;
        let operations = self.operations.look(&batches, UnixNanos::now());
        let added = Added {
            block: block.as_ref(),
            operations: &operations,
            logs: &logs,
        };
        let medium = &mut self.source.medium;
        let ids = rows::insert(medium, &added).map_err(|reason| append_error(&reason))?;
        self.operations.add(&operations);
        self.shared.update(|catalog| {
            if let Some((id, block)) = ids.block.zip(block) {
                let head = BlockHead::of(id, block, medium);
                let size: usize = batches.iter().map(Batch::size).sum();
                let fits = head.row_length > 0 && catalog.recent_size() + size <= MAX_RECENT;
                let recent = batches.into_iter().filter(|_| fits).map(Batch::stored);
                let head = head.with_recent(recent.map(Arc::new).collect());
                catalog.blocks.push(Arc::new(head));
            }
            catalog.add_logs(ids.logs, logs, medium);
            if !operations.new.is_empty() {
                Arc::make_mut(&mut catalog.operations).extend(operations.new);
            }
        });
        Ok(())
    }

    /// Puts a block in the place of others, and says whether that was done.
    fn replace(&mut self, replace: Replace) {
        let Replace {
            old,
            block,
            recent,
            evicted,
            done,
        } = replace;
        let evicts = !evicted.is_empty();
        let replaced = self.replace_blocks(&old, block, recent, evicted);
        if evicts && replaced {
            self.forget_operations();
        }
        // The upkeep may have been told to end meanwhile.
        done.send(replaced).ok();
    }

    fn replace_blocks(
        &mut self,
        old: &[i64],
        block: Option<NewBlock>,
        recent: Vec<Arc<Batch>>,
        evicted: Vec<u32>,
    ) -> bool {
        let mut catalog = lock(&self.shared.catalog);
        let mut forgetting = catalog.evicted.clone();
        let run = (!evicted.is_empty()).then(|| forgetting.next(catalog.seed, evicted));
        let first = run.clone().map_or(0, |run| forgetting.push(run));
        let remembered = run.as_ref().map(|run| Remembered { run, first });
        let medium = &mut self.source.medium;
        let id = match rows::replace(medium, old, block.as_ref(), remembered.as_ref()) {
            Ok(id) => id,
            Err(reason) => {
                tracing::error!(%reason, "blocks of the store could not be changed");
                return false;
            }
        };
        let catalog = Arc::make_mut(&mut catalog);
        catalog.blocks.retain(|head| !old.contains(&head.id));
        if let Some((id, block)) = id.zip(block) {
            let head = BlockHead::of(id, block, medium).with_recent(recent);
            catalog.blocks.push(Arc::new(head));
        }
        catalog.evicted = forgetting;
        true
    }

    /// Replaces frames of log records; returns false if that fails.
    fn replace_logs(&mut self, old: &[i64], frames: Vec<NewLogFrame>) -> bool {
        let mut catalog = lock(&self.shared.catalog);
        let medium = &mut self.source.medium;
        let ids = match rows::replace_logs(medium, old, &frames) {
            Ok(ids) => ids,
            Err(reason) => {
                tracing::error!(%reason, "frames of log records could not be changed");
                return false;
            }
        };
        let catalog = Arc::make_mut(&mut catalog);
        catalog.logs.retain(|head| !old.contains(&head.id));
        catalog.add_logs(ids, frames, medium);
        true
    }

    /// Returns some disk space; true if there is more.
    fn give_back(&self, slack: Slack) -> bool {
        disk::give_back(&self.source.medium, slack).unwrap_or_else(|reason| {
            tracing::error!(%reason, "disk space could not be given back");
            false
        })
    }

    /// Takes the operations off the list of which nothing is stored any more.
    fn forget_operations(&mut self) {
        let catalog = self.shared.snapshot();
        let ages = catalog.blocks.iter().map(|head| head.age_of(head.first));
        let oldest = ages.min().unwrap_or(UnixNanos::MAX);
        let is_gone = |operation: &&Operation| self.operations.is_before(operation, oldest);
        let gone: Vec<_> = catalog.operations.iter().filter(is_gone).cloned().collect();
        if gone.is_empty() {
            return;
        }
        if let Err(reason) = rows::remove_operations(&mut self.source.medium, &gone) {
            tracing::error!(%reason, "operations of which nothing is stored any more stay in the list");
            return;
        }
        self.operations.remove(&gone);
        self.shared.update(|catalog| {
            let listed = Arc::make_mut(&mut catalog.operations);
            for operation in &gone {
                listed.remove(operation);
            }
        });
    }

    /// Leaves a single file behind instead of a database and its log.
    fn close(self) {
        lock(&self.shared.idle).clear();
        if let Err(reason) = self.source.medium.close() {
            tracing::warn!(%reason, "the store was not closed cleanly; nothing is lost");
        }
    }
}

pub(super) fn not_built(reason: &std::io::Error) -> AppendError {
    AppendError::Write(reason.to_string())
}

fn append_error(reason: &rusqlite::Error) -> AppendError {
    match reason.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::Full,
        _ => AppendError::Write(reason.to_string()),
    }
}
