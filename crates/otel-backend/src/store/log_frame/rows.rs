//! The statements for the table of log frames.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::{LogHead, LogInfo, MAX_PART, NewLogFrame, Packed};
use crate::model::{Severity, UnixNanos};
use crate::store::key::KeySeed;
use crate::store::medium::Bytes;

/// Adds a frame; returns its id.
pub(crate) fn insert(connection: &Connection, frame: &NewLogFrame) -> rusqlite::Result<i64> {
    let info = &frame.info;
    connection
        .prepare_cached(
            "INSERT INTO log_frame (first, last, came, severity, records, columns_length,
                 columns_raw_length, rest_length, rest_raw_length, services, traces, seed, data)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .insert(params![
            info.first.0.cast_signed(),
            info.last.0.cast_signed(),
            frame.came.0.cast_signed(),
            info.severity.0,
            info.records,
            info.columns.length,
            info.columns.raw_length,
            info.rest.length,
            info.rest.raw_length,
            encode_names(&info.services),
            encode_keys(&info.traces),
            info.seed.to_number(),
            frame.data,
        ])
}

/// Removes frames.
pub(crate) fn remove(connection: &Connection, ids: &[i64]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("DELETE FROM log_frame WHERE id = ?")?;
    ids.iter()
        .try_for_each(|id| statement.execute([id]).map(drop))
}

/// Reads the index of all frames. Parts that cannot be read are reported and left out.
pub(crate) fn load(
    connection: &Connection,
    note: &mut dyn FnMut(&str, &dyn std::fmt::Display),
) -> Vec<Arc<LogHead>> {
    let mut frames = Vec::new();
    // A database of an older format has none, if this process only reads it.
    if connection
        .table_exists(None, "log_frame")
        .is_ok_and(|exists| !exists)
    {
        return frames;
    }
    if let Err(reason) = load_in_order(connection, "ASC", i64::MAX, &mut frames, note) {
        note("the list of log frames", &reason);
        // The part after the damage is read from the other end.
        let last = frames.last().map_or(0, |head| head.id);
        let mut behind = Vec::new();
        load_in_order(connection, "DESC", last, &mut behind, note).ok();
        behind.reverse();
        frames.append(&mut behind);
    }
    frames
}

/// Reads frames in the given order of ids, up to the id `end`.
fn load_in_order(
    connection: &Connection,
    order: &str,
    end: i64,
    frames: &mut Vec<Arc<LogHead>>,
    note: &mut dyn FnMut(&str, &dyn std::fmt::Display),
) -> rusqlite::Result<()> {
    let seed = KeySeed::column(connection, "log_frame");
    let mut statement = connection.prepare(&format!(
        "SELECT id, first, last, came, severity, records, columns_length, columns_raw_length,
             rest_length, rest_raw_length, services, traces, {seed} FROM log_frame ORDER BY id {order}"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if id == end {
            break;
        }
        match head(id, row) {
            Some(head) => frames.push(Arc::new(head)),
            None => note(&format!("the index of log frame {id}"), &"it is not one"),
        }
    }
    Ok(())
}

fn head(id: i64, row: &Row<'_>) -> Option<LogHead> {
    let time = |column| Some(UnixNanos(row.get::<_, i64>(column).ok()?.cast_unsigned()));
    let packed = |column| {
        Some(Packed {
            length: row.get(column).ok()?,
            raw_length: row
                .get(column + 1)
                .ok()
                .filter(|length| *length <= MAX_PART)?,
        })
    };
    let bytes = |column| row.get_ref(column).ok()?.as_blob().ok();
    Some(LogHead {
        id,
        // A clock that was ahead then is not trusted now.
        came: time(3)?.min(UnixNanos::now()),
        info: LogInfo {
            first: time(1)?,
            last: time(2)?,
            severity: Severity(row.get(4).ok()?),
            records: row.get(5).ok()?,
            columns: packed(6)?,
            rest: packed(8)?,
            services: decode_names(bytes(10)?)?,
            traces: decode_keys(bytes(11)?)?,
            seed: KeySeed::from_number(row.get(12).ok()?),
        },
        bytes: Bytes::InDatabase,
    })
}

/// Encodes the names, each preceded by its length in two bytes.
fn encode_names(names: &[Arc<str>]) -> Vec<u8> {
    let mut out = Vec::new();
    for name in names {
        // The index truncates names long before that.
        out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
    out
}

fn decode_names(mut bytes: &[u8]) -> Option<Vec<Arc<str>>> {
    let mut names = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (name, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        names.push(str::from_utf8(name).ok()?.into());
        bytes = rest;
    }
    bytes.is_empty().then_some(names)
}

fn encode_keys(keys: &[u32]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_le_bytes()).collect()
}

fn decode_keys(bytes: &[u8]) -> Option<Vec<u32>> {
    let (keys, rest) = bytes.as_chunks();
    let keys = keys.iter().map(|key| u32::from_le_bytes(*key)).collect();
    rest.is_empty().then_some(keys)
}
