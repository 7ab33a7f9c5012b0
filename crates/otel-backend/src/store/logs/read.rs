//! Finds the log frames that a query needs, and reads them.

use std::collections::BTreeSet;
use std::sync::Arc;

use zstd::bulk::Decompressor;

use super::batch::Piece;
use super::entries;
use crate::format::otlp::{LogEntry, groups, log_groups, severity_of};
use crate::model::{Severity, TraceId, UnixNanos};
use crate::store::columns::{Damaged, Group, Layout, decode_entries};
use crate::store::log_frame::{LogHead, LogInfo, Packed};
use crate::store::source::Source;
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
    /// A `LogsData` of its records, in the same order, without times and ids.
    pub rest: Vec<u8>,
}

/// Opens frames one after the other. The memory that one took serves the next: a piece of this size
/// is asked of the system anew, and given back, each time.
#[derive(Debug)]
pub struct LogOpener<'r> {
    reader: &'r Reader,
    unpacker: Unpacker,
    open: OpenLogs,
}

/// Reads and unpacks parts of frames.
struct Unpacker {
    decompressor: Decompressor<'static>,
    packed: Vec<u8>,
    columns: Vec<u8>,
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

    /// The memory that a frame takes while it is opened, in bytes: it is there before and after
    /// decompression, and if it has columns, these and the messages made of them, too.
    pub fn log_frame_size(&self, frame: LogFrame) -> usize {
        self.catalog.logs.get(frame.index).map_or(0, |head| {
            let copies = if head.info.has_columns() { 3 } else { 1 };
            let memory = copies * head.info.raw_length() + head.size();
            usize::try_from(memory).unwrap_or(usize::MAX)
        })
    }

    /// Makes an opener of frames.
    ///
    /// # Errors
    /// [`ReadError`] if there is no memory for it.
    pub fn log_opener(&self) -> Result<LogOpener<'_>, ReadError> {
        Ok(LogOpener {
            reader: self,
            unpacker: Unpacker::new()?,
            open: OpenLogs::default(),
        })
    }

    /// The error that the content of a frame is invalid.
    pub fn damaged_logs(&self, frame: LogFrame, reason: &dyn std::fmt::Display) -> ReadError {
        ReadError::DamagedLogs {
            frame: self.catalog.logs.get(frame.index).map_or(0, |head| head.id),
            reason: reason.to_string(),
        }
    }
}

impl LogOpener<'_> {
    /// The records of a frame, if `wanted` returns true for their texts, which come one after the other,
    /// in one piece or in several, with other bytes between them or without.
    ///
    /// A damaged frame is reported, and has no records; the others can still be read.
    ///
    /// # Errors
    /// [`ReadError`] if the database cannot be read.
    pub fn open(
        &mut self,
        frame: LogFrame,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<&OpenLogs>, ReadError> {
        let Some(head) = self.reader.catalog.logs.get(frame.index) else {
            return Ok(None);
        };
        let source = &self.reader.source;
        match self.unpacker.open(source, head, wanted, &mut self.open) {
            Ok(true) => Ok(Some(&self.open)),
            Ok(false) => Ok(None),
            Err(ReadError::DamagedLogs { frame, reason }) => {
                self.reader.shared.report_damaged_logs(frame, &reason);
                Ok(None)
            }
            Err(reason) => Err(reason),
        }
    }
}

/// Reads and unpacks a frame.
pub(super) fn open(source: &Source, head: &LogHead) -> Result<OpenLogs, ReadError> {
    let mut open = OpenLogs::default();
    Unpacker::new()?.open(source, head, |_| true, &mut open)?;
    Ok(open)
}

impl Unpacker {
    fn new() -> Result<Self, ReadError> {
        Ok(Self {
            decompressor: Decompressor::new().map_err(|_| ReadError::Busy)?,
            packed: Vec::new(),
            columns: Vec::new(),
        })
    }

    /// Opens a frame, unless it is not wanted.
    fn open(
        &mut self,
        source: &Source,
        head: &LogHead,
        wanted: impl Fn(&[u8]) -> bool,
        open: &mut OpenLogs,
    ) -> Result<bool, ReadError> {
        if head.info.has_columns() {
            return self.open_columns(source, head, wanted, open);
        }
        let LogInfo { columns, rest, .. } = &head.info;
        self.unpack(source, head, columns.length, *rest, &mut open.rest)?;
        if !wanted(&open.rest) {
            return Ok(false);
        }
        let mut unpacked = std::mem::take(&mut self.columns);
        self.unpack(source, head, 0, *columns, &mut unpacked)?;
        open.entries = entries::decode(&unpacked, head.info.records as usize)
            .ok_or_else(|| damaged(head, &"its columns are not what they should be"))?;
        self.columns = unpacked;
        Ok(true)
    }

    /// Opens a frame with columns, of which only texts are read if it is not wanted.
    fn open_columns(
        &mut self,
        source: &Source,
        head: &LogHead,
        wanted: impl Fn(&[u8]) -> bool,
        open: &mut OpenLogs,
    ) -> Result<bool, ReadError> {
        let LogInfo { columns, rest, .. } = &head.info;
        let is_damaged = |reason: Damaged| damaged(head, &reason);
        self.read(source, head, columns.length, *rest)?;
        let packed = self.packed.as_slice();
        let layout = Layout::read(packed, true, &mut self.decompressor).map_err(is_damaged)?;
        let mut group = Group::new(packed, Arc::new(layout), &mut self.decompressor);
        if !group.any_text(wanted).map_err(is_damaged)? {
            return Ok(false);
        }
        let all = 0..group.layout.spans;
        let messages = group.messages([all]).map_err(is_damaged)?;
        open.rest.clear();
        messages.write(&mut open.rest);
        self.read(source, head, 0, *columns)?;
        let records = head.info.records as usize;
        open.entries =
            decode_entries(&self.packed, records, &mut self.decompressor).map_err(is_damaged)?;
        Ok(true)
    }

    fn unpack(
        &mut self,
        source: &Source,
        head: &LogHead,
        offset: u32,
        part: Packed,
        out: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        self.read(source, head, offset, part)?;
        out.clear();
        out.reserve(part.raw_length as usize);
        let unpacked = self.decompressor.decompress_to_buffer(&self.packed, out);
        unpacked.map(drop).map_err(|reason| damaged(head, &reason))
    }

    /// Reads a part as it is stored.
    fn read(
        &mut self,
        source: &Source,
        head: &LogHead,
        offset: u32,
        part: Packed,
    ) -> Result<(), ReadError> {
        self.packed.resize(part.length as usize, 0);
        let data = source.part(&head.bytes, head.id, "log_frame", "data");
        data.and_then(|data| data.read(&mut self.packed, offset as usize))
            .map_err(|reason| match reason {
                ReadError::Damaged { reason, .. } => damaged(head, &reason),
                reason => reason,
            })
    }
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
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
        for (resource_scope, group) in heads.into_iter().zip(groups) {
            let service: Arc<str> = group.resource.service_name().into();
            for (rest, entry) in group.messages.into_iter().zip(entries.by_ref()) {
                pieces.push(Piece {
                    entry: *entry,
                    severity: severity_of(rest),
                    service: Arc::clone(&service),
                    head: resource_scope,
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
