//! Reads the catalog from the database when the store is opened.

use std::sync::Arc;

use rusqlite::{Connection, Row};

use super::Operation;
use super::block::{FrameInfo, TraceEntry};
use super::block_head::BlockHead;
use super::catalog::Catalog;
use super::evicted::{Evicted, Run};
use super::key::KeySeed;
use super::log_frame;
use super::medium::{Bytes, Medium};
use super::operations::Operations;
use crate::model::{SpanKind, UnixNanos};

/// The catalog, and the first error, if a part of it could not be read.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) catalog: Catalog,
    pub(super) operations: Operations,
    pub(super) damage: Vec<String>,
}

/// Reads the catalog. Parts that cannot be read are left out, since the rest is still useful.
pub(super) fn load(medium: &Medium) -> Loaded {
    let Medium::Database(connection) = medium else {
        return Loaded::default();
    };
    let mut damage = Vec::new();
    let mut note = |what: &str, reason: &dyn std::fmt::Display| {
        damage.push(format!("{what}: {reason}"));
    };
    let blocks = load_blocks(connection, &mut note);
    let listed = load_operations(connection).unwrap_or_else(|reason| {
        note("the list of operations", &reason);
        Vec::new()
    });
    let mut operations = Operations::default();
    for (operation, last) in &listed {
        operations.load(operation, *last);
    }
    let evicted = load_evicted(connection).unwrap_or_else(|reason| {
        note("the list of evicted traces", &reason);
        Vec::new()
    });
    let logs = log_frame::load(connection, &mut note);
    Loaded {
        catalog: Catalog {
            seed: seed(&blocks),
            blocks,
            operations: Arc::new(listed.into_iter().map(|(operation, _)| operation).collect()),
            evicted: Evicted::new(evicted),
            logs,
        },
        operations,
        damage,
    }
}

/// The seed of the newest block, so that the keys in all blocks can be compared.
fn seed(blocks: &[Arc<BlockHead>]) -> KeySeed {
    let seeds = blocks.iter().rev().map(|head| head.seed);
    let mut seeds = seeds.filter(|seed| *seed != KeySeed::LAST_BYTES);
    seeds.next().unwrap_or_else(KeySeed::random)
}

type Note<'n> = &'n mut dyn FnMut(&str, &dyn std::fmt::Display);

fn load_blocks(connection: &Connection, note: Note<'_>) -> Vec<Arc<BlockHead>> {
    let mut blocks = Vec::new();
    if let Err(reason) = load_in_order(connection, "ASC", i64::MAX, &mut blocks, note) {
        note("the list of blocks", &reason);
        // The part after the damage is read from the other end.
        let last = blocks.last().map_or(0, |head| head.id);
        let mut behind = Vec::new();
        load_in_order(connection, "DESC", last, &mut behind, note).ok();
        behind.reverse();
        blocks.append(&mut behind);
    }
    blocks
}

/// Reads blocks in the given order of ids, up to the id `end`.
fn load_in_order(
    connection: &Connection,
    order: &str,
    end: i64,
    blocks: &mut Vec<Arc<BlockHead>>,
    note: Note<'_>,
) -> rusqlite::Result<()> {
    let seed = KeySeed::column(connection, "block");
    // One that may only be read can have an earlier format, which lacks the last ones.
    let has_all = !matches!(connection.column_exists(None, "block", "calls"), Ok(false));
    let last = if has_all {
        "rests, ends, length(calls)"
    } else {
        "x'', x'', 0"
    };
    let select = format!(
        "SELECT id, frames, traces, newest, came, {seed}, {last} FROM block ORDER BY id {order}"
    );
    let mut statement = connection.prepare(&select)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if id == end {
            break;
        }
        match head(id, row)? {
            Some(head) => blocks.push(Arc::new(head)),
            None => note(&format!("the index of block {id}"), &"its length is wrong"),
        }
    }
    Ok(())
}

fn head(id: i64, row: &Row<'_>) -> rusqlite::Result<Option<BlockHead>> {
    let bytes = |column| row.get_ref(column).and_then(|value| Ok(value.as_blob()?));
    let frames = FrameInfo::decode_all(bytes(1)?, bytes(3)?, bytes(7)?);
    let traces = TraceEntry::decode_all(bytes(2)?, bytes(6)?);
    // A clock that was ahead then is not trusted now.
    let came = UnixNanos(row.get::<_, i64>(4)?.cast_unsigned()).min(UnixNanos::now());
    let seed = KeySeed::from_number(row.get(5)?);
    let has_calls = row.get::<_, i64>(8)? > 0;
    Ok(frames.zip(traces).map(|(frames, traces)| BlockHead {
        calls: has_calls.then_some(Bytes::InDatabase),
        ..BlockHead::new(id, came, frames, seed, traces)
    }))
}

/// The operations, and how old the latest span of each is.
fn load_operations(connection: &Connection) -> rusqlite::Result<Vec<(Operation, UnixNanos)>> {
    // One that may only be read can have an earlier format, which does not say.
    let statement = connection.prepare("SELECT service, name, kind, last FROM operation");
    let mut statement = match statement {
        Ok(statement) => statement,
        Err(_) => connection.prepare("SELECT service, name, kind, 0 FROM operation")?,
    };
    let operations = statement.query_map([], |row| {
        let operation = Operation {
            service: row.get(0)?,
            name: row.get(1)?,
            kind: SpanKind::from_number(row.get::<_, u8>(2)?.into()),
        };
        Ok((operation, UnixNanos(row.get::<_, i64>(3)?.cast_unsigned())))
    })?;
    operations.collect()
}

fn load_evicted(connection: &Connection) -> rusqlite::Result<Vec<Run>> {
    let seed = KeySeed::column(connection, "evicted");
    let select = format!("SELECT id, {seed}, traces FROM evicted ORDER BY id");
    let mut statement = connection.prepare(&select)?;
    let runs = statement.query_map([], |row| {
        let seed = KeySeed::from_number(row.get(1)?);
        Ok(Run::decode(row.get(0)?, seed, row.get_ref(2)?.as_blob()?))
    })?;
    runs.collect()
}
