//! Background work: evicts old traces, returns disk space, merges blocks.
//!
//! The thread reads through its own connection and prepares changes; the writer then makes each
//! change in one transaction. So ingestion waits a few milliseconds at most, and readers see the
//! store before or after a change.

mod logs;

use std::collections::HashSet;
use std::sync::{Arc, mpsc as signals};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use self::logs::LogUpkeep;
use super::batch::Batch;
use super::block::{Form, NewBlock};
use super::block_head::BlockHead;
use super::build::BlockBuilder;
use super::catalog::Catalog;
use super::clock::Clock;
use super::disk::Slack;
use super::evict::{Eviction, Thinned};
use super::log_frame::LogHead;
use super::retention::{Retention, STEP, oldest};
use super::shared::Shared;
use super::source::Source;
use super::stopped::Stopped;
use super::unpack::Parts;
use super::writer::{Command, Replace};
use super::{OpenError, ReadError, disk, merge};
use crate::model::UnixNanos;

/// Maintains the store; runs in [`Upkeep::run`] until the store is closed.
pub(crate) struct Upkeep {
    source: Source,
    shared: Arc<Shared>,
    pub(super) retention: Retention,
    commands: mpsc::WeakSender<Command>,
    /// Signals new blocks.
    written: signals::Receiver<()>,
    builder: BlockBuilder,
    clock: Clock,
    /// The time of the next check for traces that have become too old.
    next_look: Instant,
    /// The time of the next check of the free disk space.
    next_room: Instant,
    /// Damaged blocks, which cannot be merged.
    damaged: HashSet<i64>,
    logs: LogUpkeep,
    /// True if blocks were replaced since disk space was given back.
    has_freed: bool,
    /// True if something was written since it was last quiet.
    is_unsettled: bool,
}

/// The bytes at which the new blocks of an eviction are written.
const MAX_REWRITE: u64 = 64 << 20;

/// The time without writes after which the last rows are written in columns, and the disk space of merged
/// blocks is given back. Before that it is reused for the next blocks.
const QUIET: Duration = Duration::from_secs(1);

/// The pause after an eviction that did not free disk space at once.
const PAUSE: Duration = Duration::from_secs(5);

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upkeep").finish_non_exhaustive()
    }
}

impl Upkeep {
    pub(super) fn new(
        shared: Arc<Shared>,
        retention: Retention,
        commands: mpsc::WeakSender<Command>,
        written: signals::Receiver<()>,
    ) -> Result<Self, OpenError> {
        let catalog = shared.snapshot();
        let (seed, came) = (catalog.seed, catalog.last_came());
        Ok(Self {
            clock: Clock::new(came.unwrap_or_else(UnixNanos::now)),
            source: shared.database.connect().map_err(OpenError::Connect)?,
            shared,
            retention,
            commands,
            written,
            builder: BlockBuilder::new(seed).map_err(OpenError::Compressor)?,
            next_look: Instant::now(),
            next_room: Instant::now(),
            damaged: HashSet::new(),
            logs: LogUpkeep::new(seed)?,
            // An earlier process may have left some.
            has_freed: true,
            is_unsettled: true,
        })
    }

    /// Does the necessary work after each write and, if traces are evicted by age, from time to
    /// time, until the store is closed.
    pub(crate) fn run(mut self) {
        loop {
            let done = match self.wait() {
                Ok(()) => {
                    self.is_unsettled = true;
                    self.work()
                }
                Err(signals::RecvTimeoutError::Timeout) => self.work().and_then(|()| self.settle()),
                Err(signals::RecvTimeoutError::Disconnected) => return,
            };
            match done {
                Ok(()) => {}
                Err(Stopped::Closed) => return,
                Err(reason) => {
                    tracing::error!(%reason, "the store cannot be kept in order; it goes on as it is");
                }
            }
        }
    }

    /// Waits until something was written, for as long as nothing else is to be done.
    fn wait(&self) -> Result<(), signals::RecvTimeoutError> {
        let quiet = (self.has_freed || self.is_unsettled).then_some(QUIET);
        match self.retention.interval().into_iter().chain(quiet).min() {
            Some(timeout) => self.written.recv_timeout(timeout),
            None => Ok(self.written.recv()?),
        }
    }

    /// Does all necessary work.
    pub(super) fn work(&mut self) -> Result<(), Stopped> {
        self.evict_all()?;
        while let Some(run) = self.next_run().filter(|run| self.has_room_for(run)) {
            let form = merge::form(run.iter().map(Arc::as_ref));
            self.merge(form, &run)?;
            self.evict_all()?;
        }
        self.merge_logs()?;
        if self.exceeds(Slack::WRITING)? {
            self.give_back(Slack::WRITING)?;
        }
        Ok(())
    }

    /// Writes the last rows in columns and gives back the room of what was merged, now that nothing is
    /// written.
    pub(super) fn settle(&mut self) -> Result<(), Stopped> {
        if std::mem::take(&mut self.is_unsettled) {
            let blocks = &self.shared.snapshot().blocks;
            let run = merge::choose_rows(blocks, |head| !self.damaged.contains(&head.id));
            if let Some(run) = run.filter(|run| self.has_room_for(run)) {
                self.merge(Form::Columns, &run)?;
            }
        }
        if std::mem::take(&mut self.has_freed) {
            self.give_back(Slack::QUIET)?;
        }
        Ok(())
    }

    /// Evicts what is too old or too much, and returns the space.
    fn evict_all(&mut self) -> Result<(), Stopped> {
        let mut evicted = false;
        while self.evict()? {
            evicted = true;
        }
        if evicted {
            self.give_back(Slack::EVICTING)?;
        }
        while self.make_room()? {}
        Ok(())
    }

    fn exceeds(&self, slack: Slack) -> Result<bool, ReadError> {
        Ok(disk::exceeds(&self.source.medium, slack)?)
    }

    fn give_back(&self, slack: Slack) -> Result<(), Stopped> {
        while self.command(|done| Command::GiveBack { slack, done })? {
            // Lets waiting batches pass.
            thread::yield_now();
        }
        Ok(())
    }

    /// Returns true if the disk has space for another copy of these blocks, and for what arrives
    /// meanwhile.
    fn has_room_for(&self, run: &[Arc<BlockHead>]) -> bool {
        let database = &self.shared.database;
        let bytes: u64 = run.iter().map(|head| head.size).sum();
        database.check_room(database.reserve() + 2 * bytes).is_ok()
    }

    /// Evicts the oldest traces while the disk has less free space than the reserve; returns true
    /// to continue later.
    ///
    /// A store without a limit does not evict for this reason, nor does one that is small: then
    /// other files fill the disk.
    fn make_room(&mut self) -> Result<bool, Stopped> {
        let is_short = |this: &Self| this.shared.database.shortage();
        if self.retention.bytes.is_none() || is_short(self) == 0 || Instant::now() < self.next_room
        {
            return Ok(false);
        }
        self.give_back(Slack::EVICTING)?;
        let (catalog, short) = (self.shared.snapshot(), is_short(self));
        let used = disk::used(&self.source.medium, &catalog).map_err(ReadError::from)?;
        if short == 0 || used <= self.shared.database.reserve() {
            return Ok(false);
        }
        tracing::warn!(
            short,
            "the disk is nearly full: the oldest traces and log records are removed"
        );
        let until = oldest(&catalog, used, short.min(STEP));
        let evicted = match self.evict_oldest(&catalog, until) {
            // The remaining parts of a block are rewritten, for which there may be no space.
            Err(Stopped::Write) => self.drop_oldest(&catalog)?,
            evicted => evicted?,
        };
        self.give_back(Slack::EVICTING)?;
        // While a reader uses the old state, the disk gains nothing.
        let helped = is_short(self) < short;
        if !helped {
            self.next_room = Instant::now() + PAUSE;
        }
        Ok(evicted && helped)
    }

    /// Evicts the oldest block or frame of log records completely, which needs almost no space.
    fn drop_oldest(&mut self, catalog: &Catalog) -> Result<bool, Stopped> {
        let age = |head: &Arc<BlockHead>| head.age_of(head.last);
        let block = catalog.blocks.iter().min_by_key(|head| age(head));
        let of_logs = catalog.logs.iter().map(|head| head.age()).min();
        if let Some(until) = of_logs
            && block.is_none_or(|head| until <= age(head))
        {
            return self.evict_logs(catalog, until);
        }
        let Some(head) = block else {
            return Ok(false);
        };
        let mut change = Change::default();
        let entries = head.traces.iter().filter(|_| head.seed == catalog.seed);
        let evicted = entries.map(|entry| entry.key().short()).collect();
        change.add(
            head,
            Thinned {
                evicted,
                ..Thinned::default()
            },
        );
        self.replace(Form::Columns, change)?;
        Ok(true)
    }

    /// Evicts the oldest traces, about [`STEP`] bytes; returns false if nothing must be removed.
    fn evict(&mut self) -> Result<bool, Stopped> {
        let catalog = self.shared.snapshot();
        let used = disk::used(&self.source.medium, &catalog).map_err(ReadError::from)?;
        if self.evict_by_age(&catalog, used)? {
            return Ok(true);
        }
        let excess = self.retention.excess(used);
        let mut bytes = excess.min(STEP);
        while bytes > 0 {
            let until = oldest(&catalog, used, bytes);
            if self.evict_oldest(&catalog, until)? {
                return Ok(true);
            }
            if until == UnixNanos::MAX {
                break;
            }
            // The oldest part cannot be read, so later ones are needed.
            bytes *= 4;
        }
        Ok(false)
    }

    fn evict_by_age(&mut self, catalog: &Catalog, used: u64) -> Result<bool, Stopped> {
        let now = self.clock.now();
        let (Some(too_old), Some(interval)) =
            (self.retention.too_old(now), self.retention.interval())
        else {
            return Ok(false);
        };
        if Instant::now() < self.next_look {
            return Ok(false);
        }
        let is_old = |head: &Arc<BlockHead>| head.age_of(head.first) <= too_old;
        let are_old = |head: &Arc<LogHead>| head.age() <= too_old;
        if catalog.blocks.iter().any(is_old) || catalog.logs.iter().any(are_old) {
            let until = oldest(catalog, used, STEP).min(too_old);
            if self.evict_until(catalog, until)? || self.evict_until(catalog, too_old)? {
                return Ok(true);
            }
        }
        self.next_look = Instant::now() + interval;
        Ok(false)
    }

    /// Evicts the traces and log records that are at least that old; returns false if there are
    /// none.
    fn evict_until(&mut self, catalog: &Catalog, until: UnixNanos) -> Result<bool, Stopped> {
        let eviction = self.plan(catalog, until)?;
        let evicted = self.carry_out(catalog, &eviction)?;
        Ok(self.evict_logs(catalog, until)? || evicted)
    }

    /// Evicts the traces and log records that are at least that old. If all traces continue, they
    /// lose their oldest spans, so that an endless trace does not displace others.
    fn evict_oldest(&mut self, catalog: &Catalog, until: UnixNanos) -> Result<bool, Stopped> {
        let eviction = self.plan(catalog, until)?;
        Ok(self.evict_logs(catalog, until)?
            || self.carry_out(catalog, &eviction)?
            || eviction.has_survivors()
                && self.carry_out(catalog, &Eviction::cut(catalog.seed, until))?)
    }

    fn plan(&self, catalog: &Catalog, until: UnixNanos) -> Result<Eviction, Stopped> {
        let shared = &self.shared;
        let readable = |result: Result<Vec<u8>, ReadError>| match result {
            Err(ReadError::Damaged { block, reason }) => {
                shared.report_damage(block, &reason);
                Ok(Vec::new())
            }
            result => result,
        };
        Ok(Eviction::plan(catalog, until, |head, info| {
            readable(self.source.unpack(head, info))
        })?)
    }

    fn carry_out(&mut self, catalog: &Catalog, eviction: &Eviction) -> Result<bool, Stopped> {
        let mut change = Change::default();
        let mut evicted = false;
        for head in &catalog.blocks {
            let Some(thinned) = self.thin(eviction, head)? else {
                continue;
            };
            evicted = true;
            change.add(head, thinned);
            if change.size >= MAX_REWRITE {
                self.replace(Form::Columns, std::mem::take(&mut change))?;
            }
        }
        if !change.old.is_empty() {
            self.replace(Form::Columns, change)?;
        }
        Ok(evicted)
    }

    fn thin(&self, eviction: &Eviction, head: &BlockHead) -> Result<Option<Thinned>, ReadError> {
        match eviction.thin(&self.source, head) {
            Err(ReadError::Damaged { block, reason }) => {
                self.shared.report_damage(block, &reason);
                Ok(eviction.is_all_old(head).then(Thinned::default))
            }
            result => result,
        }
    }

    /// Blocks that are worth merging, oldest first.
    fn next_run(&self) -> Option<Vec<Arc<BlockHead>>> {
        let catalog = self.shared.snapshot();
        merge::choose(&catalog.blocks, |head| !self.damaged.contains(&head.id))
    }

    /// Writes everything in columns, however small it is.
    #[cfg(test)]
    pub(crate) fn write_columns(&mut self) -> Result<(), Stopped> {
        let blocks = &self.shared.snapshot().blocks;
        self.merge(Form::Columns, blocks)
    }

    fn merge(&mut self, form: Form, run: &[Arc<BlockHead>]) -> Result<(), Stopped> {
        let mut parts = Parts::new(self.shared.snapshot().seed);
        let recent = run.iter().flat_map(|head| &head.recent).cloned();
        let recent: Vec<_> = recent.collect();
        for head in run.iter().filter(|head| head.recent.is_empty()) {
            match parts.add(&self.source, head, |_, info| merge::fate(form, info)) {
                Ok(()) => {}
                Err(ReadError::Damaged { block, reason }) => {
                    // The block stays as it is; its readable parts can still be read.
                    self.shared.report_damage(block, &reason);
                    self.damaged.insert(block);
                    return Ok(());
                }
                Err(reason) => return Err(reason.into()),
            }
        }
        let spans = parts.take_spans(|_, _| true);
        let change = Change {
            old: run.iter().map(|head| head.id).collect(),
            kept: vec![Thinned {
                frames: parts.frames,
                spans,
                evicted: Vec::new(),
            }],
            recent,
            came: run.iter().map(|head| head.came).max().unwrap_or_default(),
            size: 0,
        };
        self.replace(form, change)
    }

    /// Asks the writer to replace blocks by one block with new frames of that form.
    fn replace(&mut self, form: Form, change: Change) -> Result<(), Stopped> {
        let mut frames = Vec::new();
        let mut spans = Vec::new();
        let mut evicted = Vec::new();
        for mut kept in change.kept {
            frames.append(&mut kept.frames);
            spans.push(kept.spans);
            evicted.append(&mut kept.evicted);
        }
        let recent = change.recent;
        let mut block = {
            let batches = spans.iter().chain(recent.iter().map(Arc::as_ref));
            let batches: Vec<_> = batches.collect();
            self.builder.build(form, &batches, frames)?
        };
        block.came = change.came;
        // A block whose spans are all in memory is not read.
        let is_whole = form == Form::Rows
            && block.frames.iter().map(|f| f.spans as usize).sum::<usize>()
                == recent.iter().map(|batch| batch.len()).sum::<usize>();
        let recent = if is_whole { recent } else { Vec::new() };
        let database = &self.shared.database;
        database
            .check_room(2 * block.size())
            .map_err(|_| Stopped::Write)?;
        let block = Some(block).filter(|block: &NewBlock| !block.frames.is_empty());
        let old = change.old;
        self.has_freed = true;
        let replaced = self.command(|done| {
            Command::Replace(Replace {
                old,
                block,
                recent,
                evicted,
                done,
            })
        })?;
        if replaced {
            Ok(())
        } else {
            Err(Stopped::Write)
        }
    }

    /// Sends the writer a command, and returns its answer.
    fn command(
        &self,
        command: impl FnOnce(oneshot::Sender<bool>) -> Command,
    ) -> Result<bool, Stopped> {
        let commands = self.commands.upgrade().ok_or(Stopped::Closed)?;
        let (done, answer) = oneshot::channel();
        let sent = commands.blocking_send(command(done));
        sent.map_err(|_| Stopped::Closed)?;
        drop(commands);
        answer.blocking_recv().map_err(|_| Stopped::Closed)
    }
}

/// The replacement of blocks by one block.
#[derive(Debug, Default)]
struct Change {
    old: Vec<i64>,
    kept: Vec<Thinned>,
    /// Further spans, which are in memory.
    recent: Vec<Arc<Batch>>,
    /// The time at which the last of their spans was stored.
    came: UnixNanos,
    /// The approximate size of what is kept, in bytes.
    size: u64,
}

impl Change {
    fn add(&mut self, head: &BlockHead, kept: Thinned) {
        let frames: usize = kept.frames.iter().map(|frame| frame.data.len()).sum();
        self.size += (frames + kept.spans.size()) as u64;
        self.came = self.came.max(head.came);
        self.old.push(head.id);
        self.kept.push(kept);
    }
}
