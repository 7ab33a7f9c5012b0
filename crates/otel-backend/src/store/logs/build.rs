//! Makes frames of log records.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use super::batch::{LogBatch, Piece};
use super::entries;
use super::read::open;
use crate::format::otlp::{LogEntry, ResourceScope, write_groups};
use crate::model::{TraceId, UnixNanos};
use crate::store::ReadError;
use crate::store::columns::{self, Packer, Place, Row};
use crate::store::key::KeySeed;
use crate::store::log_frame::{LogHead, LogInfo, NewLogFrame, Packed, indexed};
use crate::store::source::Source;
use crate::store::stopped::Stopped;

/// The uncompressed size in bytes at which a frame ends.
pub(super) const FRAME_TARGET: usize = 1 << 20;

/// The bytes of records from which a frame has columns, and is not merged again.
pub(super) const LARGE: usize = FRAME_TARGET / 2;

/// zstd's fastest ordinary level. Higher ones do not compress times and ids better, and the rest
/// only a little.
const LEVEL: i32 = 1;

/// Makes frames; reuses the compressor's memory.
pub(crate) struct LogBuilder {
    seed: KeySeed,
    compressor: zstd::bulk::Compressor<'static>,
    packer: Packer,
}

/// The records of a frame by resource and scope.
type Groups<'p, 'a> = [(ResourceScope<'a>, Vec<&'p Piece<'a>>)];

/// The two parts of a frame, one after the other, and their lengths.
struct Parts {
    data: Vec<u8>,
    columns: Packed,
    rest: Packed,
}

impl LogBuilder {
    /// A builder of frames with keys of that seed.
    pub(in crate::store) fn new(seed: KeySeed) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        // A checksum, so that bytes changed by a disk are not taken as records.
        compressor.include_checksum(true)?;
        Ok(Self {
            seed,
            compressor,
            packer: Packer::new()?,
        })
    }

    /// Makes frames of all records of these batches.
    pub(crate) fn build_batches(
        &mut self,
        batches: &[LogBatch],
        came: UnixNanos,
    ) -> io::Result<Vec<NewLogFrame>> {
        self.build(batches.iter().flat_map(LogBatch::pieces).collect(), came)
    }

    /// Makes frames of all records of other frames.
    pub(crate) fn merge(
        &mut self,
        source: &Source,
        frames: &[Arc<LogHead>],
    ) -> Result<Vec<NewLogFrame>, Stopped> {
        let opened = frames.iter().map(|head| Ok((head, open(source, head)?)));
        let opened = opened.collect::<Result<Vec<_>, ReadError>>()?;
        let mut pieces = Vec::new();
        for (head, open) in &opened {
            pieces.append(&mut open.pieces(head)?);
        }
        let came = frames.iter().map(|head| head.came).max();
        Ok(self.build(pieces, came.unwrap_or_default())?)
    }

    /// Makes frames of these records, earliest first.
    pub(super) fn build(
        &mut self,
        mut pieces: Vec<Piece<'_>>,
        came: UnixNanos,
    ) -> io::Result<Vec<NewLogFrame>> {
        pieces.sort_by_key(|piece| piece.entry.instant());
        let mut frames = Vec::new();
        let mut rest = pieces.as_slice();
        while !rest.is_empty() {
            let (frame, behind) = rest.split_at(frame_length(rest));
            frames.push(self.frame(frame, came)?);
            rest = behind;
        }
        Ok(frames)
    }

    fn frame(&mut self, pieces: &[Piece<'_>], came: UnixNanos) -> io::Result<NewLogFrame> {
        let groups = grouped(pieces);
        let entries: Vec<_> = groups
            .iter()
            .flat_map(|(_, pieces)| pieces.iter().map(|piece| piece.entry))
            .collect();
        let bytes: usize = pieces.iter().map(|piece| piece.rest.len()).sum();
        let parts = if bytes >= LARGE {
            self.columns(&groups, &entries, bytes)?
        } else {
            self.rows(&groups, &entries)?
        };
        let instants = pieces.iter().map(|piece| piece.entry.instant());
        Ok(NewLogFrame {
            info: LogInfo {
                first: instants.clone().min().unwrap_or_default(),
                last: instants.max().unwrap_or_default(),
                severity: pieces
                    .iter()
                    .map(|piece| piece.severity)
                    .max()
                    .unwrap_or_default(),
                records: length(pieces)?,
                services: services(pieces),
                seed: self.seed,
                traces: self.keys(pieces),
                columns: parts.columns,
                rest: parts.rest,
            },
            came,
            data: parts.data,
        })
    }

    fn rows(&mut self, groups: &Groups<'_, '_>, entries: &[LogEntry]) -> io::Result<Parts> {
        let mut records = Vec::new();
        let of_groups = groups.iter();
        let of_groups =
            of_groups.map(|(head, pieces)| (*head, pieces.iter().map(|piece| piece.rest)));
        write_groups(of_groups, &mut records);
        let (mut data, columns) = self.pack(&entries::encode(entries.iter().copied()))?;
        let (mut packed, rest) = self.pack(&records)?;
        data.append(&mut packed);
        Ok(Parts {
            data,
            columns,
            rest,
        })
    }

    /// The parts of a frame with so many bytes of records.
    fn columns(
        &mut self,
        groups: &Groups<'_, '_>,
        entries: &[LogEntry],
        bytes: usize,
    ) -> io::Result<Parts> {
        let mut data = columns::encode_entries(entries, &mut self.packer)?;
        let heads: Vec<_> = groups.iter().map(|(head, _)| *head).collect();
        let rows = groups.iter().zip(0..).flat_map(|((_, pieces), head)| {
            pieces.iter().map(move |piece| Row {
                // Those are among the entries.
                trace_id: TraceId::MAX,
                span_id: None,
                start: 0,
                end: 0,
                head,
                message: piece.rest,
            })
        });
        let rows: Vec<_> = rows.collect();
        let (mut rest, _) = columns::encode(Place::Log, &rows, &heads, &mut self.packer)?;
        let columns = Packed {
            length: length(&data)?,
            raw_length: 0,
        };
        let rest_packed = Packed {
            length: length(&rest)?,
            raw_length: u32::try_from(bytes).map_err(io::Error::other)?,
        };
        data.append(&mut rest);
        Ok(Parts {
            data,
            columns,
            rest: rest_packed,
        })
    }

    fn keys(&self, pieces: &[Piece<'_>]) -> Vec<u32> {
        let ids = pieces.iter().filter_map(|piece| piece.entry.trace_id);
        let mut keys: Vec<_> = ids.map(|id| self.seed.short_key(id)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn pack(&mut self, raw: &[u8]) -> io::Result<(Vec<u8>, Packed)> {
        let packed = self.compressor.compress(raw)?;
        let lengths = Packed {
            length: length(&packed)?,
            raw_length: length(raw)?,
        };
        Ok((packed, lengths))
    }
}

/// The number of these records that fit into the next frame.
fn frame_length(pieces: &[Piece<'_>]) -> usize {
    let mut services: HashSet<&str> = HashSet::new();
    let mut bytes = 0;
    let reached = pieces.iter().position(|piece| {
        bytes += piece.rest.len();
        if services.insert(&piece.service) {
            // Large resources fill a frame too.
            bytes += piece.head.resource.len();
        }
        bytes >= FRAME_TARGET
    });
    reached.map_or(pieces.len(), |last| last + 1)
}

/// The records by resource and scope, each group in the order of the records.
fn grouped<'p, 'a>(pieces: &'p [Piece<'a>]) -> Vec<(ResourceScope<'a>, Vec<&'p Piece<'a>>)> {
    let mut numbers = HashMap::new();
    let mut groups: Vec<(ResourceScope<'a>, Vec<&'p Piece<'a>>)> = Vec::new();
    for piece in pieces {
        let number = *numbers.entry(piece.head).or_insert_with(|| {
            groups.push((piece.head, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, group)) = groups.get_mut(number) {
            group.push(piece);
        }
    }
    groups
}

fn services(pieces: &[Piece<'_>]) -> Vec<Arc<str>> {
    let mut names: Vec<&Arc<str>> = pieces.iter().map(|piece| &piece.service).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| indexed(name).into()).collect()
}

fn length<T>(items: &[T]) -> io::Result<u32> {
    u32::try_from(items.len()).map_err(io::Error::other)
}
