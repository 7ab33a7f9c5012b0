//! The writer's changes to what is stored.

use rusqlite::{Connection, TransactionBehavior, params};

use super::Operation;
use super::block::{FrameInfo, NewBlock, TraceEntry};
use super::evicted::Run;
use super::log_frame::{self, NewLogFrame};
use super::medium::Medium;
use super::operations::Noted;

/// The additions of a commit.
pub(super) struct Added<'a> {
    pub(super) block: Option<&'a NewBlock>,
    pub(super) operations: &'a Noted,
    pub(super) logs: &'a [NewLogFrame],
}

/// The ids of the additions.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) block: Option<i64>,
    pub(super) logs: Vec<i64>,
}

/// Adds a block, operations and log frames, all or none.
pub(super) fn insert(medium: &mut Medium, added: &Added<'_>) -> rusqlite::Result<Ids> {
    let connection = match medium {
        Medium::Database(connection) => connection,
        Medium::Memory(last) => {
            return Ok(Ids {
                block: added.block.map(|_| last.next()),
                logs: added.logs.iter().map(|_| last.next()).collect(),
            });
        }
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let block = added.block.map(|block| insert_block(&transaction, block));
    let ids = Ids {
        block: block.transpose()?,
        logs: insert_logs(&transaction, added.logs)?,
    };
    let Noted { new, again, last } = added.operations;
    for operation in new.iter().chain(again) {
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO operation (service, name, kind, last) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![
                operation.service,
                operation.name,
                operation.kind.number(),
                last.0.cast_signed()
            ])?;
    }
    transaction.commit()?;
    Ok(ids)
}

/// Replaces log frames by others; returns their ids.
pub(super) fn replace_logs(
    medium: &mut Medium,
    old: &[i64],
    frames: &[NewLogFrame],
) -> rusqlite::Result<Vec<i64>> {
    let connection = match medium {
        Medium::Database(connection) => connection,
        Medium::Memory(last) => return Ok(frames.iter().map(|_| last.next()).collect()),
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    log_frame::remove(&transaction, old)?;
    let ids = insert_logs(&transaction, frames)?;
    transaction.commit()?;
    Ok(ids)
}

fn insert_logs(connection: &Connection, frames: &[NewLogFrame]) -> rusqlite::Result<Vec<i64>> {
    let insert = |frame| log_frame::insert(connection, frame);
    frames.iter().map(insert).collect()
}

fn insert_block(connection: &Connection, block: &NewBlock) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO block (frames, traces, newest, came, seed, rests, ends, calls)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .insert(params![
            FrameInfo::encode_all(&block.frames),
            TraceEntry::encode_all(&block.traces),
            FrameInfo::encode_newest(&block.frames),
            block.came.0.cast_signed(),
            block.seed.to_number(),
            TraceEntry::encode_rests(&block.traces),
            FrameInfo::encode_ends(&block.frames),
            block.calls
        ])?;
    connection
        .prepare_cached("INSERT INTO block_data (block, frames) VALUES (?, ?)")?
        .execute(params![id, block.data])?;
    Ok(id)
}

/// Takes operations off the list.
pub(super) fn remove_operations(medium: &mut Medium, gone: &[Operation]) -> rusqlite::Result<()> {
    let Medium::Database(connection) = medium else {
        return Ok(());
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for operation in gone {
        transaction
            .prepare_cached("DELETE FROM operation WHERE service = ? AND name = ? AND kind = ?")?
            .execute(params![
                operation.service,
                operation.name,
                operation.kind.number()
            ])?;
    }
    transaction.commit()
}

/// A change to the remembered evictions.
pub(super) struct Remembered<'e> {
    /// The newest run.
    pub(super) run: &'e Run,
    /// The id before which runs are forgotten.
    pub(super) first: i64,
}

/// Replaces blocks by at most one block; returns its id.
pub(super) fn replace(
    medium: &mut Medium,
    old: &[i64],
    block: Option<&NewBlock>,
    evicted: Option<&Remembered<'_>>,
) -> rusqlite::Result<Option<i64>> {
    let connection = match medium {
        Medium::Database(connection) => connection,
        Medium::Memory(last) => return Ok(block.map(|_| last.next())),
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Deletes first, so that new data can use the space of old data.
    for delete in [
        "DELETE FROM block_data WHERE block = ?",
        "DELETE FROM block WHERE id = ?",
    ] {
        let mut statement = transaction.prepare_cached(delete)?;
        for old in old {
            statement.execute([old])?;
        }
    }
    let id = block
        .map(|block| insert_block(&transaction, block))
        .transpose()?;
    if let Some(Remembered { run, first }) = evicted {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO evicted (id, traces, seed) VALUES (?, ?, ?)")?
            .execute(params![run.id, run.encode(), run.seed.to_number()])?;
        transaction
            .prepare_cached("DELETE FROM evicted WHERE id < ?")?
            .execute([first])?;
    }
    transaction.commit()?;
    Ok(id)
}
