//! Log records on their way into the store, encoded by their receiver.

use std::ops::Range;
use std::sync::Arc;

use crate::format::otlp::{
    LogEntry, ResourceScope, encode_log_rest, encode_resource, encode_scope, write_log_rest,
};
use crate::model::{LogRecord, Resource, Scope, Severity};

/// Encoded records, with everything that the index of their frame needs.
#[derive(Debug, Default)]
pub struct LogBatch {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Row {
    entry: LogEntry,
    severity: Severity,
    group: usize,
    bytes: Range<usize>,
}

/// The parts shared by records with the same resource and scope.
#[derive(Debug)]
struct Group {
    resource: Vec<u8>,
    resource_schema: Vec<u8>,
    scope: Vec<u8>,
    scope_schema: Vec<u8>,
    service: Arc<str>,
}

/// A record in the form of a frame.
#[derive(Debug, Clone)]
pub(in crate::store) struct Piece<'a> {
    pub(in crate::store) entry: LogEntry,
    pub(super) severity: Severity,
    pub(super) service: Arc<str>,
    pub(in crate::store) head: ResourceScope<'a>,
    /// The record's message without its times and ids.
    pub(in crate::store) rest: &'a [u8],
}

/// Makes a [`LogBatch`], record by record.
#[derive(Debug, Default)]
pub struct LogBatchBuilder<'a> {
    batch: LogBatch,
    /// The resource and scope of the last record.
    last: Option<(Arc<Resource<'a>>, Arc<Scope<'a>>)>,
}

impl<'a> LogBatchBuilder<'a> {
    /// Makes a builder with capacity for so many bytes of encoded records.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut builder = Self::default();
        builder.batch.bytes.reserve_exact(bytes);
        builder
    }

    /// Adds a record. `message` is its OTLP message in protobuf, if there is one.
    pub fn push(&mut self, record: &LogRecord<'a>, message: Option<&[u8]>) {
        if !self.is_in_last_group(record) {
            self.batch.groups.push(Group::of(record));
            self.last = Some((Arc::clone(&record.resource), Arc::clone(&record.scope)));
        }
        let bytes = &mut self.batch.bytes;
        let start = bytes.len();
        let copied = message.map(|message| write_log_rest(message, bytes));
        if !matches!(copied, Some(Ok(()))) {
            bytes.truncate(start);
            encode_log_rest(record, bytes);
        }
        self.batch.rows.push(Row {
            entry: LogEntry::of(record),
            severity: record.severity,
            group: self.batch.groups.len().saturating_sub(1),
            bytes: start..self.batch.bytes.len(),
        });
    }

    /// The batch.
    pub fn finish(self) -> LogBatch {
        self.batch
    }

    fn is_in_last_group(&self, record: &LogRecord<'_>) -> bool {
        self.last.as_ref().is_some_and(|(resource, scope)| {
            std::ptr::addr_eq(Arc::as_ptr(resource), Arc::as_ptr(&record.resource))
                && std::ptr::addr_eq(Arc::as_ptr(scope), Arc::as_ptr(&record.scope))
        })
    }
}

impl LogBatch {
    /// Returns true if there are no records.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The approximate memory, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.rows.len() * size_of::<Row>()
    }

    pub(in crate::store) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.rows.iter().filter_map(|row| {
            let group = self.groups.get(row.group)?;
            Some(Piece {
                entry: row.entry,
                severity: row.severity,
                service: Arc::clone(&group.service),
                head: group.head(),
                rest: self.bytes.get(row.bytes.clone())?,
            })
        })
    }
}

impl Group {
    fn of(record: &LogRecord<'_>) -> Self {
        let mut group = Self {
            resource: Vec::new(),
            resource_schema: record.resource.schema_url.as_bytes().to_vec(),
            scope: Vec::new(),
            scope_schema: record.scope.schema_url.as_bytes().to_vec(),
            service: record.resource.service_name().into(),
        };
        encode_resource(&record.resource, &mut group.resource);
        encode_scope(&record.scope, &mut group.scope);
        group
    }

    fn head(&self) -> ResourceScope<'_> {
        ResourceScope {
            resource: &self.resource,
            resource_schema: &self.resource_schema,
            scope: &self.scope,
            scope_schema: &self.scope_schema,
        }
    }
}
