//! Finds the log frames that a query needs, and reads them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::batch::Piece;
use super::columns;
use super::frame::{LogHead, Packed};
use crate::format::otlp::{LogEntry, groups, log_groups, severity_of};
use crate::model::{Severity, TraceId, UnixNanos};
use crate::store::source::{Part, Source};
use crate::store::{ReadError, Reader};

/// The conditions on records that the index can test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogScope {
    /// The service; `None` for any.
    pub service: Option<String>,
    /// The earliest time.
    pub from: UnixNanos,
    /// The latest time.
    pub to: UnixNanos,
    /// The lowest severity.
    pub severity: Severity,
    /// The trace; `None` for any.
    pub trace: Option<TraceId>,
}

/// A frame that may hold such records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFrame {
    /// The time of its latest record. (First, so that frames sort by it.)
    pub last: UnixNanos,
    /// The time of its earliest record.
    pub first: UnixNanos,
    index: usize,
}

/// An opened frame.
#[derive(Debug, Default)]
pub struct OpenLogs {
    /// The times and ids of its records.
    pub entries: Vec<LogEntry>,
    /// A `LogsData` of its records, in the same order, without their times and ids.
    pub rest: Vec<u8>,
}

impl Reader {
    /// The frames that may hold such records, in any order.
    pub fn log_frames(&self, scope: &LogScope) -> Vec<LogFrame> {
        let frames = self.catalog.logs.iter().enumerate();
        let wanted = frames.filter(|(_, head)| {
            let info = &head.info;
            info.last >= scope.from
                && info.first <= scope.to
                && info.severity >= scope.severity
                && scope
                    .service
                    .as_deref()
                    .is_none_or(|name| info.has_service(name))
                && scope.trace.is_none_or(|id| info.has_trace(id))
        });
        wanted
            .map(|(index, head)| LogFrame {
                last: head.info.last,
                first: head.info.first,
                index,
            })
            .collect()
    }

    /// The services with log records.
    pub fn log_services(&self) -> BTreeSet<Arc<str>> {
        let heads = self.catalog.logs.iter();
        heads
            .flat_map(|head| head.info.services.iter().cloned())
            .collect()
    }

    /// The size of a frame's records before and after compression, in bytes.
    pub fn log_frame_size(&self, frame: LogFrame) -> usize {
        self.catalog.logs.get(frame.index).map_or(0, |head| {
            usize::try_from(head.info.raw_length() + head.size()).unwrap_or(usize::MAX)
        })
    }

    /// A frame's records, if they are `wanted` once their bytes have been seen as [`OpenLogs::rest`] has
    /// them.
    ///
    /// A frame that is damaged is reported, and has no records: the others can still be read.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub fn open_logs(
        &self,
        frame: LogFrame,
        wanted: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Option<OpenLogs>, ReadError> {
        let Some(head) = self.catalog.logs.get(frame.index) else {
            return Ok(None);
        };
        match open_if(&self.source, head, wanted) {
            Err(ReadError::DamagedLogs { frame, reason }) => {
                self.shared.report_damaged_logs(frame, &reason);
                Ok(None)
            }
            result => result,
        }
    }

    /// The error that the content of a frame is invalid.
    pub fn damaged_logs(&self, frame: LogFrame, reason: &dyn std::fmt::Display) -> ReadError {
        ReadError::DamagedLogs {
            frame: self.catalog.logs.get(frame.index).map_or(0, |head| head.id),
            reason: reason.to_string(),
        }
    }
}

/// Reads and unpacks a frame.
pub(super) fn open(source: &Source, head: &LogHead) -> Result<OpenLogs, ReadError> {
    Ok(open_if(source, head, |_| true)?.unwrap_or_default())
}

fn open_if(
    source: &Source,
    head: &LogHead,
    wanted: impl FnOnce(&[u8]) -> bool,
) -> Result<Option<OpenLogs>, ReadError> {
    let rest = unpack(source, head, head.info.columns.length, head.info.rest)?;
    if !wanted(&rest) {
        return Ok(None);
    }
    let columns = unpack(source, head, 0, head.info.columns)?;
    let entries = columns::decode(&columns, head.info.records as usize)
        .ok_or_else(|| damaged(head, &"its columns are not what they should be"))?;
    Ok(Some(OpenLogs { entries, rest }))
}

fn unpack(
    source: &Source,
    head: &LogHead,
    offset: u32,
    part: Packed,
) -> Result<Vec<u8>, ReadError> {
    let mut packed = vec![0; part.length as usize];
    let data = match &head.resident {
        Some(data) => Ok(Part::Resident(data)),
        None => source.stored(head.id, "log_frame", "data"),
    };
    data.and_then(|data| data.read(&mut packed, offset as usize))
        .map_err(|reason| match reason {
            ReadError::Damaged { reason, .. } => damaged(head, &reason),
            reason => reason,
        })?;
    zstd::bulk::decompress(&packed, part.raw_length as usize)
        .map_err(|reason| damaged(head, &reason))
}

fn damaged(head: &LogHead, reason: &dyn std::fmt::Display) -> ReadError {
    ReadError::DamagedLogs {
        frame: head.id,
        reason: reason.to_string(),
    }
}

impl OpenLogs {
    /// The records, ready to be put into other frames.
    pub(super) fn pieces(&self, head: &LogHead) -> Result<Vec<Piece<'_>>, ReadError> {
        let malformed = |reason| damaged(head, &reason);
        let groups = groups(&self.rest).map_err(malformed)?;
        let heads: Vec<_> = groups.iter().map(|group| group.head).collect();
        let groups = log_groups(groups).map_err(malformed)?;
        let mut entries = self.entries.iter();
        let mut pieces = Vec::with_capacity(self.entries.len());
        for (group_head, group) in heads.into_iter().zip(groups) {
            let service: Arc<str> = group.resource.service_name().into();
            for (rest, entry) in group.messages.into_iter().zip(entries.by_ref()) {
                pieces.push(Piece {
                    entry: *entry,
                    severity: severity_of(rest),
                    service: Arc::clone(&service),
                    head: group_head,
                    rest,
                });
            }
        }
        if pieces.len() != self.entries.len() || entries.next().is_some() {
            return Err(damaged(head, &"its columns and its records do not agree"));
        }
        Ok(pieces)
    }
}
