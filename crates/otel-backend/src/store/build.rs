//! Makes blocks from batches.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use hashbrown::hash_map::Entry;

use super::batch::{Batch, Row};
use super::block::{Form, FrameInfo, NewBlock, TraceEntry};
use super::calls::{CallsBuilder, FrameCalls};
use super::columns::{self, Calls, Packer};
use super::key::{KeySeed, TraceKey};
use crate::format::otlp::{Group, ResourceScope, span_groups, write_groups};
use crate::model::{TraceId, UnixNanos};

impl Form {
    /// The uncompressed size in bytes at which a frame ends after the current trace; within a trace
    /// it ends at twice that size. Larger columns compress better, but a trace costs more to read
    /// the more spans are beside it.
    pub(super) fn target(self) -> usize {
        match self {
            Self::Rows => 128 * 1024,
            Self::Columns => 512 * 1024,
        }
    }

    /// The same for so many bytes of spans: columns divide them evenly, so that no frame is so small that
    /// it has to be made again.
    fn target_for(self, length: usize) -> usize {
        match self {
            Self::Rows => self.target(),
            Self::Columns => {
                let frames = (length + self.target() / 2) / self.target();
                length / frames.max(1) + 1
            }
        }
    }
}

/// zstd's fastest ordinary level.
const LEVEL: i32 = 1;

/// Makes blocks; reuses the compressor's memory.
pub(super) struct BlockBuilder {
    seed: KeySeed,
    compressor: zstd::bulk::Compressor<'static>,
    packer: Packer,
    raw: Vec<u8>,
}

/// A block under construction.
struct Building<'a, 'b> {
    builder: &'b mut BlockBuilder,
    form: Form,
    /// See [`Form::target`].
    target: usize,
    heads: Heads<'a>,
    block: NewBlock,
    calls: CallsBuilder,
    open: OpenFrame<'a>,
}

/// The frame to which spans are added.
#[derive(Default)]
struct OpenFrame<'a> {
    /// Each span's head, row and bytes.
    spans: Vec<(usize, &'a Row, &'a [u8])>,
    /// The distinct resources and scopes of the spans, by index, and the place of each in this list.
    heads: Vec<usize>,
    places: hashbrown::HashMap<usize, u32>,
    keys: Vec<TraceKey>,
    length: usize,
    first: UnixNanos,
    last: UnixNanos,
    end: UnixNanos,
    /// The start of the newest trace, not counting the open one.
    newest: UnixNanos,
    /// The trace of the last span, and the first start of its spans here.
    trace: Option<(TraceId, UnixNanos)>,
}

/// The distinct resources and scopes of several batches.
struct Heads<'a> {
    distinct: Vec<ResourceScope<'a>>,
    /// For each group of each batch, the index of its resource and scope.
    of_groups: Vec<Vec<usize>>,
    /// The service of each, once it has been asked for.
    services: HashMap<usize, Option<Arc<str>>>,
}

/// A frame of another block.
#[derive(Debug)]
pub(super) struct BuiltFrame {
    pub(super) info: FrameInfo,
    pub(super) data: Vec<u8>,
    pub(super) keys: Vec<TraceKey>,
    /// The calls between services in it, if they were counted.
    pub(super) calls: Option<FrameCalls>,
}

/// The position of a span in its batch, sortable by the order in which spans are put into frames.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The id of its trace, as a number: these are compared much faster than bytes.
    trace: u128,
    batch: usize,
    row: usize,
}

impl BlockBuilder {
    /// A builder of blocks with keys of that seed.
    pub(super) fn new(seed: KeySeed) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        // A checksum, so that bytes changed by a disk are not taken as spans.
        compressor.include_checksum(true)?;
        Ok(Self {
            seed,
            compressor,
            packer: Packer::new()?,
            raw: Vec::new(),
        })
    }

    /// Makes a block of all spans of `batches`, and of frames made before.
    pub(super) fn build(
        &mut self,
        form: Form,
        batches: &[&Batch],
        frames: Vec<BuiltFrame>,
    ) -> io::Result<NewBlock> {
        let mut building = Building {
            block: NewBlock::new(self.seed),
            builder: self,
            form,
            target: form.target_for(batches.iter().map(|batch| batch.length()).sum()),
            heads: Heads::of(batches),
            calls: CallsBuilder::default(),
            open: OpenFrame::default(),
        };
        for frame in frames {
            building.add_frame(frame)?;
        }
        let places = sorted_places(batches);
        for trace in oldest_first(batches, &places) {
            building.add_trace(batches, trace)?;
        }
        building.finish()
    }

    fn compress(&mut self) -> io::Result<Vec<u8>> {
        self.compressor.compress(&self.raw)
    }
}

/// All spans, grouped by trace, in order of arrival.
fn sorted_places(batches: &[&Batch]) -> Vec<Place> {
    let spans = batches.iter().map(|batch| batch.len()).sum();
    let mut places: Vec<Place> = Vec::with_capacity(spans);
    for (batch, spans) in batches.iter().enumerate() {
        places.extend(spans.rows.iter().enumerate().map(|(row, span)| Place {
            trace: u128::from_be_bytes(*span.trace_id.as_bytes()),
            batch,
            row,
        }));
    }
    places.sort_unstable();
    places
}

fn oldest_first<'p>(batches: &[&Batch], places: &'p [Place]) -> Vec<&'p [Place]> {
    let start = |place: &Place| row(batches, place).map(|(_, row)| row.start);
    let mut traces: Vec<_> = places
        .chunk_by(|a, b| a.trace == b.trace)
        .map(|trace| (trace.iter().filter_map(start).min(), trace))
        .collect();
    traces.sort_by_key(|(start, _)| *start);
    traces.into_iter().map(|(_, trace)| trace).collect()
}

fn row<'a>(batches: &[&'a Batch], place: &Place) -> Option<(&'a Batch, &'a Row)> {
    let batch = batches.get(place.batch)?;
    Some((batch, batch.rows.get(place.row)?))
}

impl<'a> Building<'a, '_> {
    fn add_trace(&mut self, batches: &[&'a Batch], trace: &[Place]) -> io::Result<()> {
        for place in trace {
            if self.open.length >= 2 * self.target {
                self.close_frame()?;
            }
            if let Some((batch, row)) = row(batches, place) {
                self.add_span(batch, row, self.heads.number(place.batch, row.group));
            }
        }
        if self.open.length >= self.target {
            self.close_frame()?;
        }
        Ok(())
    }

    fn add_span(&mut self, batch: &'a Batch, row: &'a Row, head: usize) {
        let open = &mut self.open;
        if let Some(group) = batch.groups.get(row.group)
            && let Entry::Vacant(place) = open.places.entry(head)
        {
            place.insert(u32::try_from(open.heads.len()).unwrap_or(u32::MAX));
            open.heads.push(head);
            // Large resources fill a frame too, since all of a frame's are decoded together.
            open.length += group.size();
        }
        if open.spans.is_empty() {
            open.first = row.start;
        }
        open.first = open.first.min(row.start);
        open.last = open.last.max(row.start);
        open.end = open.end.max(row.end).max(row.start);
        open.length += batch.span(row).len();
        open.spans.push((head, row, batch.span(row)));
        match &mut open.trace {
            Some((id, first)) if *id == row.trace_id => *first = row.start.min(*first),
            _ => {
                open.end_trace();
                open.trace = Some((row.trace_id, row.start));
                open.keys.push(self.builder.seed.key(row.trace_id));
            }
        }
    }

    fn close_frame(&mut self) -> io::Result<()> {
        let mut open = std::mem::take(&mut self.open);
        if open.spans.is_empty() {
            return Ok(());
        }
        open.end_trace();
        let (data, raw_length, calls) = match self.form {
            Form::Rows => {
                self.builder.raw.clear();
                open.write(&self.heads, &mut self.builder.raw);
                let raw_length = length(&self.builder.raw)?;
                (self.builder.compress()?, raw_length, None)
            }
            Form::Columns => {
                let (data, calls) = open.columns(&self.heads, &mut self.builder.packer)?;
                let raw_length = u32::try_from(open.length).map_err(io::Error::other)?;
                let calls = calls.and_then(|calls| self.heads.calls(&open.heads, calls));
                (data, raw_length, calls)
            }
        };
        let info = FrameInfo {
            form: self.form,
            has_filter: self.form == Form::Columns,
            offset: 0,
            length: length(&data)?,
            raw_length,
            spans: length(&open.spans)?,
            first: open.first,
            last: open.last,
            newest: open.newest,
            end: open.end,
        };
        self.add_frame(BuiltFrame {
            info,
            data,
            keys: open.keys,
            calls,
        })
    }

    fn add_frame(&mut self, built: BuiltFrame) -> io::Result<()> {
        let frame = u16::try_from(self.block.frames.len()).map_err(io::Error::other)?;
        self.block.frames.push(FrameInfo {
            offset: length(&self.block.data)?,
            ..built.info
        });
        self.block.data.extend_from_slice(&built.data);
        self.calls.push(built.calls);
        let keys = built.keys;
        let entries = keys.into_iter().map(|key| TraceEntry::new(key, frame));
        self.block.traces.extend(entries);
        Ok(())
    }

    fn finish(mut self) -> io::Result<NewBlock> {
        self.close_frame()?;
        self.block.traces.sort_unstable();
        self.block.traces.dedup();
        self.block.calls = self.calls.encode(&mut self.builder.compressor)?;
        Ok(self.block)
    }
}

impl OpenFrame<'_> {
    fn end_trace(&mut self) {
        if let Some((_, first)) = self.trace.take() {
            self.newest = self.newest.max(first);
        }
    }

    /// The frame as a group of columns, with its spans in the order added.
    fn columns(
        &self,
        heads: &Heads<'_>,
        packer: &mut Packer,
    ) -> io::Result<(Vec<u8>, Option<Calls>)> {
        let head = |number: &usize| heads.distinct.get(*number).copied().unwrap_or_default();
        let distinct: Vec<_> = self.heads.iter().map(head).collect();
        let rows = self.spans.iter().map(|(head, row, message)| columns::Row {
            trace_id: row.trace_id,
            span_id: row.span_id,
            start: row.start.0,
            end: row.end.0,
            head: self.places.get(head).copied().unwrap_or_default(),
            message,
        });
        let rows: Vec<_> = rows.collect();
        columns::encode(columns::Place::Span, &rows, &distinct, packer)
    }

    /// Appends the frame's `TracesData`, with its spans grouped, in the order added.
    fn write(&self, heads: &Heads<'_>, out: &mut Vec<u8>) {
        let mut spans = self.spans.clone();
        spans.sort_by_key(|(head, ..)| *head);
        let groups = spans.chunk_by(|a, b| a.0 == b.0).map(|group| {
            let head = group
                .first()
                .and_then(|(head, ..)| heads.distinct.get(*head));
            (
                head.copied().unwrap_or_default(),
                group.iter().map(|(.., span)| *span),
            )
        });
        write_groups(groups, out);
    }
}

impl<'a> Heads<'a> {
    fn of(batches: &[&'a Batch]) -> Self {
        let mut numbers = HashMap::new();
        let mut distinct = Vec::new();
        let mut number = |head: ResourceScope<'a>| {
            *numbers.entry(head).or_insert_with(|| {
                distinct.push(head);
                distinct.len() - 1
            })
        };
        let of_groups = batches
            .iter()
            .map(|batch| batch.groups.iter().map(|g| number(g.head())).collect())
            .collect();
        Self {
            distinct,
            of_groups,
            services: HashMap::new(),
        }
    }

    /// Calls between spans with these resources and scopes, as calls between services; `None` if one of
    /// them cannot be read.
    fn calls(&mut self, heads: &[usize], calls: Calls) -> Option<FrameCalls> {
        let services = heads.iter().map(|head| self.service(*head));
        let services: Vec<_> = services.collect::<Option<_>>()?;
        let mut of_services = FrameCalls::new();
        for ((caller, callee), count) in calls {
            let service = |place: u32| services.get(place as usize).map(Arc::clone);
            let (caller, callee) = (service(caller)?, service(callee)?);
            if caller != callee {
                *of_services.entry((caller, callee)).or_default() += count;
            }
        }
        Some(of_services)
    }

    fn service(&mut self, head: usize) -> Option<Arc<str>> {
        let service = self.services.entry(head).or_insert_with(|| {
            let group = Group {
                head: self.distinct.get(head).copied()?,
                spans: Vec::new(),
            };
            let group = span_groups(vec![group]).ok()?.pop()?;
            Some(group.resource.service_name().into())
        });
        service.clone()
    }

    fn number(&self, batch: usize, group: usize) -> usize {
        let number = self.of_groups.get(batch).and_then(|batch| batch.get(group));
        number.copied().unwrap_or_default()
    }
}

fn length<T>(items: &[T]) -> io::Result<u32> {
    u32::try_from(items.len()).map_err(io::Error::other)
}
