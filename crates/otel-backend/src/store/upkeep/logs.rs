//! Maintains log records: removes old frames, and merges small ones.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Stopped, Upkeep};
use crate::model::UnixNanos;
use crate::store::catalog::Catalog;
use crate::store::key::KeySeed;
use crate::store::log_frame::{LogHead, NewLogFrame};
use crate::store::logs::{self, LogBuilder};
use crate::store::writer::{Command, ReplaceLogs};
use crate::store::{OpenError, ReadError};

/// The state for maintaining log records.
pub(super) struct LogUpkeep {
    builder: LogBuilder,
    /// Damaged frames, which cannot be merged.
    damaged: HashSet<i64>,
}

impl LogUpkeep {
    pub(super) fn new(seed: KeySeed) -> Result<Self, OpenError> {
        Ok(Self {
            builder: LogBuilder::new(seed).map_err(OpenError::Compressor)?,
            damaged: HashSet::new(),
        })
    }
}

impl Upkeep {
    /// Removes the frames in which every record is at least that old; returns false if there are
    /// none.
    pub(super) fn evict_logs(
        &mut self,
        catalog: &Catalog,
        until: UnixNanos,
    ) -> Result<bool, Stopped> {
        let old = logs::oldest(&catalog.logs, until);
        if old.is_empty() {
            return Ok(false);
        }
        self.replace_logs(old, Vec::new())?;
        Ok(true)
    }

    /// Merges small frames until there are few.
    pub(super) fn merge_logs(&mut self) -> Result<(), Stopped> {
        while let Some(run) = self.next_log_run() {
            let bytes: u64 = run.iter().map(|head| head.size()).sum();
            let database = &self.shared.database;
            if database.check_room(database.reserve() + 2 * bytes).is_err() {
                break;
            }
            self.merge_log_run(&run)?;
            self.evict_all()?;
        }
        Ok(())
    }

    fn next_log_run(&self) -> Option<Vec<Arc<LogHead>>> {
        let catalog = self.shared.snapshot();
        let may_merge = |head: &LogHead| !self.logs.damaged.contains(&head.id);
        logs::choose(&catalog.logs, self.retention.age, may_merge)
    }

    fn merge_log_run(&mut self, run: &[Arc<LogHead>]) -> Result<(), Stopped> {
        match self.logs.builder.merge(&self.source, run) {
            Ok(frames) => self.replace_logs(run.iter().map(|head| head.id).collect(), frames),
            Err(Stopped::Read(ReadError::DamagedLogs { frame, reason })) => {
                // The frame stays as it is.
                self.shared.report_damaged_logs(frame, &reason);
                self.logs.damaged.insert(frame);
                Ok(())
            }
            Err(reason) => Err(reason),
        }
    }

    /// Asks the writer to replace frames by others.
    fn replace_logs(&mut self, old: Vec<i64>, frames: Vec<NewLogFrame>) -> Result<(), Stopped> {
        self.has_freed = true;
        let command = |done| Command::ReplaceLogs(ReplaceLogs { old, frames, done });
        if self.command(command)? {
            Ok(())
        } else {
            Err(Stopped::Write)
        }
    }
}
