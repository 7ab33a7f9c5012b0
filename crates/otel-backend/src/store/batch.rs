//! Spans on their way into the store, encoded by their receiver.

use std::ops::Range;
use std::sync::Arc;

use super::recent::Recent;
use super::token::Token;
use crate::format::otlp::{Outline, ResourceScope, encode_resource, encode_scope, encode_span};
use crate::model::{Resource, Scope, Span, SpanId, SpanKind, TraceId, UnixNanos};

/// Encoded spans, with everything that the block's index needs.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    pub(super) rows: Vec<Row>,
    pub(super) groups: Vec<BatchGroup>,
    /// The operations of its spans, each with the index of a row that has it. One may occur several times.
    pub(super) operations: Vec<(Token, usize)>,
    /// The service of each group, as long as there are operations.
    services: Vec<String>,
    /// The start of its latest span.
    latest: Option<UnixNanos>,
}

/// An operation of a service: the name and kind of its spans.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation {
    /// The service.
    pub service: String,
    /// The name of its spans.
    pub name: String,
    /// Their kind.
    pub kind: SpanKind,
}

/// One span of a [`Batch`].
#[derive(Debug)]
pub(super) struct Row {
    pub(super) trace_id: TraceId,
    pub(super) span_id: Option<SpanId>,
    pub(super) start: UnixNanos,
    pub(super) end: UnixNanos,
    pub(super) group: usize,
    bytes: Range<usize>,
}

/// The parts shared by spans with the same resource and scope.
#[derive(Debug)]
pub(super) struct BatchGroup {
    resource: Vec<u8>,
    resource_schema: Vec<u8>,
    scope: Vec<u8>,
    scope_schema: Vec<u8>,
}

/// Makes a [`Batch`], span by span.
#[derive(Debug, Default)]
pub struct BatchBuilder<'a> {
    batch: Batch,
    /// Operations already in the batch.
    noted: Recent<32>,
    /// The resource and scope of the last span.
    last: Option<(Arc<Resource<'a>>, Arc<Scope<'a>>)>,
}

impl<'a> BatchBuilder<'a> {
    /// Makes a builder with capacity for so many bytes of encoded spans.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut builder = Self::default();
        builder.batch.bytes.reserve_exact(bytes);
        builder
    }

    /// Adds a span. `message` is its OTLP message in protobuf, if there is one.
    pub fn push(&mut self, span: &Span<'a>, message: Option<&[u8]>) {
        if !self.is_in_last_group(span) {
            self.batch.groups.push(BatchGroup::of(span));
            let service = span.resource.service_name();
            self.batch.services.push(service.to_owned());
            self.last = Some((Arc::clone(&span.resource), Arc::clone(&span.scope)));
        }
        self.batch.push(span, message);
        self.note_operation(span);
    }

    /// The batch.
    pub fn finish(self) -> Batch {
        self.batch
    }

    fn note_operation(&mut self, span: &Span<'_>) {
        let token = Token::of(span);
        if self.noted.note(token) {
            let row = self.batch.rows.len().saturating_sub(1);
            self.batch.operations.push((token, row));
        }
    }

    fn is_in_last_group(&self, span: &Span<'_>) -> bool {
        self.last.as_ref().is_some_and(|(resource, scope)| {
            std::ptr::addr_eq(Arc::as_ptr(resource), Arc::as_ptr(&span.resource))
                && std::ptr::addr_eq(Arc::as_ptr(scope), Arc::as_ptr(&span.scope))
        })
    }
}

/// Makes a [`Batch`] of spans that were stored before, whose operations are known.
#[derive(Debug, Default)]
pub(super) struct StoredSpans(Batch);

impl StoredSpans {
    /// Adds those spans of one resource and scope that are wanted.
    pub(super) fn push(
        &mut self,
        head: &ResourceScope<'_>,
        spans: &[&[u8]],
        mut wanted: impl FnMut(&Outline<'_>) -> bool,
    ) {
        self.0.groups.push(BatchGroup::new(head));
        let group = self.0.groups.len() - 1;
        for message in spans {
            // Every stored span has an outline.
            if let Some(outline) = Outline::read(message).filter(&mut wanted) {
                let begin = self.0.bytes.len();
                self.0.bytes.extend_from_slice(message);
                self.0.rows.push(Row {
                    trace_id: outline.trace_id,
                    span_id: outline.span_id,
                    start: outline.start,
                    end: outline.end,
                    group,
                    bytes: begin..self.0.bytes.len(),
                });
            }
        }
    }

    pub(super) fn finish(self) -> Batch {
        self.0
    }
}

impl Operation {
    /// About how many bytes it takes in a list, in memory and in an answer.
    pub(super) fn length(&self) -> usize {
        64 + self.service.len() + self.name.len()
    }
}

impl Batch {
    /// The parts that are needed once its operations are known.
    pub(super) fn stored(self) -> Self {
        Self {
            operations: Vec::new(),
            services: Vec::new(),
            ..self
        }
    }

    /// The operation of a row.
    pub(super) fn operation(&self, row: usize) -> Option<Operation> {
        let row = self.rows.get(row)?;
        let outline = Outline::read(self.span(row))?;
        Some(Operation {
            service: self.services.get(row.group)?.clone(),
            name: String::from_utf8_lossy(outline.name).into_owned(),
            kind: outline.kind,
        })
    }

    /// The number of spans.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns true if there are no spans.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The approximate memory, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.rows.len() * size_of::<Row>()
    }

    /// Bytes of its spans.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The start of its latest span.
    pub(super) fn latest(&self) -> Option<UnixNanos> {
        self.latest
    }

    pub(super) fn span(&self, row: &Row) -> &[u8] {
        self.bytes.get(row.bytes.clone()).unwrap_or_default()
    }

    fn push(&mut self, span: &Span<'_>, message: Option<&[u8]>) {
        let begin = self.bytes.len();
        // The outline read from the message must equal the decoded span; a message with repeated
        // fields could differ.
        match message.filter(|message| Outline::read(message) == Some(Outline::of(span))) {
            Some(message) => self.bytes.extend_from_slice(message),
            None => encode_span(span, &mut self.bytes),
        }
        self.latest = self.latest.max(Some(span.start));
        self.rows.push(Row {
            trace_id: span.trace_id,
            span_id: Some(span.span_id),
            start: span.start,
            end: span.end,
            group: self.groups.len().saturating_sub(1),
            bytes: begin..self.bytes.len(),
        });
    }
}

impl BatchGroup {
    fn new(head: &ResourceScope<'_>) -> Self {
        Self {
            resource: head.resource.to_vec(),
            resource_schema: head.resource_schema.to_vec(),
            scope: head.scope.to_vec(),
            scope_schema: head.scope_schema.to_vec(),
        }
    }

    fn of(span: &Span<'_>) -> Self {
        let mut group = Self::new(&ResourceScope {
            resource_schema: span.resource.schema_url.as_bytes(),
            scope_schema: span.scope.schema_url.as_bytes(),
            ..ResourceScope::default()
        });
        encode_resource(&span.resource, &mut group.resource);
        encode_scope(&span.scope, &mut group.scope);
        group
    }

    /// The bytes of the resource and the scope.
    pub(super) fn size(&self) -> usize {
        self.resource.len() + self.scope.len()
    }

    pub(super) fn head(&self) -> ResourceScope<'_> {
        ResourceScope {
            resource: &self.resource,
            resource_schema: &self.resource_schema,
            scope: &self.scope,
            scope_schema: &self.scope_schema,
        }
    }
}
