//! What the process knows of every block without reading it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::block::{FrameInfo, NewBlock, TraceEntry, raw_length, trace_key};
use super::database::Database;
use super::{OpenError, Operation, lock};
use crate::model::{SpanKind, TraceId, UnixNanos};

/// One block of the store.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) frames: Vec<FrameInfo>,
    /// Sorted.
    traces: Vec<TraceEntry>,
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    /// Bytes before compression.
    pub(super) raw_length: u64,
}

/// All blocks and operations at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Catalog {
    /// In the order in which they were written.
    pub(super) blocks: Vec<Arc<Head>>,
    pub(super) operations: Arc<HashSet<Operation>>,
}

/// What the writer and the readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) database: Database,
    /// The catalog as of the last commit. Whoever removes blocks holds this over the commit, and a
    /// reader holds it while its transaction begins: so a reader's catalog and its view of the
    /// database agree.
    pub(super) catalog: Mutex<Arc<Catalog>>,
    /// Connections that no reader uses at the moment.
    pub(super) idle: Mutex<Vec<Connection>>,
}

impl Shared {
    pub(super) fn new(database: Database, catalog: Catalog) -> Self {
        Self {
            database,
            catalog: Mutex::new(Arc::new(catalog)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Lets every later reader see these changes.
    pub(super) fn update(&self, change: impl FnOnce(&mut Catalog)) {
        // Copies the list only while a reader looks at the old one.
        change(Arc::make_mut(&mut lock(&self.catalog)));
    }
}

impl Head {
    pub(super) fn new(id: i64, frames: Vec<FrameInfo>, traces: Vec<TraceEntry>) -> Self {
        let first = frames.iter().map(|frame| frame.first).min();
        let last = frames.iter().map(|frame| frame.last).max();
        Self {
            id,
            raw_length: raw_length(&frames),
            frames,
            traces,
            first: first.unwrap_or_default(),
            last: last.unwrap_or_default(),
        }
    }

    pub(super) fn of(id: i64, block: NewBlock) -> Self {
        Self::new(id, block.frames, block.traces)
    }

    /// The frames that may hold spans of a trace.
    pub(super) fn frames_of(&self, id: TraceId) -> impl Iterator<Item = usize> + '_ {
        let key = trace_key(id);
        let first = self.traces.partition_point(|entry| entry.key < key);
        self.traces
            .iter()
            .skip(first)
            .take_while(move |entry| entry.key == key)
            .map(|entry| usize::from(entry.frame))
    }

    /// For each frame, the keys of the traces of which it holds spans.
    pub(super) fn keys_by_frame(&self) -> Vec<Vec<u32>> {
        let mut keys = vec![Vec::new(); self.frames.len()];
        for entry in &self.traces {
            if let Some(keys) = keys.get_mut(usize::from(entry.frame)) {
                keys.push(entry.key);
            }
        }
        keys
    }
}

/// Reads the catalog from the database.
pub(super) fn load(connection: &Connection) -> Result<Catalog, OpenError> {
    let sqlite = |source| OpenError::Sqlite {
        path: connection.path().unwrap_or_default().to_owned(),
        source,
    };
    let mut catalog = Catalog {
        blocks: Vec::new(),
        operations: Arc::new(load_operations(connection).map_err(sqlite)?),
    };
    let mut statement = connection
        .prepare("SELECT id, frames, traces FROM block ORDER BY id")
        .map_err(sqlite)?;
    let mut rows = statement.query([]).map_err(sqlite)?;
    while let Some(row) = rows.next().map_err(sqlite)? {
        let id: i64 = row.get(0).map_err(sqlite)?;
        let bytes = |column| row.get_ref(column).and_then(|v| Ok(v.as_blob()?));
        let frames = FrameInfo::decode_all(bytes(1).map_err(sqlite)?);
        let traces = TraceEntry::decode_all(bytes(2).map_err(sqlite)?);
        let (Some(frames), Some(traces)) = (frames, traces) else {
            return Err(OpenError::Damaged(id));
        };
        catalog.blocks.push(Arc::new(Head::new(id, frames, traces)));
    }
    Ok(catalog)
}

fn load_operations(connection: &Connection) -> rusqlite::Result<HashSet<Operation>> {
    let mut statement = connection.prepare("SELECT service, name, kind FROM operation")?;
    let operations = statement.query_map([], |row| {
        Ok(Operation {
            service: row.get(0)?,
            name: row.get(1)?,
            kind: SpanKind::from_number(row.get::<_, u8>(2)?.into()),
        })
    })?;
    operations.collect()
}
