//! What the writer does to the database.

use rusqlite::{Connection, TransactionBehavior, params};

use super::Operation;
use super::block::{FrameInfo, NewBlock, TraceEntry};
use super::evicted::Run;
use super::token::Token;

/// Adds a block, and operations that are new; returns the block's id.
pub(super) fn insert(
    connection: &mut Connection,
    block: &NewBlock,
    operations: &[(Token, Operation)],
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let id = insert_block(&transaction, block)?;
    for (_, operation) in operations {
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO operation (service, name, kind) VALUES (?, ?, ?)",
            )?
            .execute(params![
                operation.service,
                operation.name,
                operation.kind.number()
            ])?;
    }
    transaction.commit()?;
    Ok(id)
}

fn insert_block(connection: &Connection, block: &NewBlock) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached("INSERT INTO block (frames, traces, newest, came) VALUES (?, ?, ?, ?)")?
        .insert(params![
            FrameInfo::encode_all(&block.frames),
            TraceEntry::encode_all(&block.traces),
            FrameInfo::encode_newest(&block.frames),
            block.came.0.cast_signed()
        ])?;
    connection
        .prepare_cached("INSERT INTO block_data (block, frames) VALUES (?, ?)")?
        .execute(params![id, block.body.frames])?;
    if !block.body.filter.is_empty() {
        connection
            .prepare_cached("INSERT INTO block_filter (block, rows) VALUES (?, ?)")?
            .execute(params![id, block.body.filter])?;
    }
    Ok(id)
}

/// What is remembered of evicted traces.
pub(super) struct Remembered<'e> {
    /// The newest run.
    pub(super) run: &'e Run,
    /// The id before which runs are forgotten.
    pub(super) first: i64,
}

/// Puts a block, if there is one, in the place of others; returns its id.
pub(super) fn replace(
    connection: &mut Connection,
    old: &[i64],
    block: Option<&NewBlock>,
    evicted: Option<&Remembered<'_>>,
) -> rusqlite::Result<Option<i64>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // First, so that what is new takes the room of what is old.
    for delete in [
        "DELETE FROM block_filter WHERE block = ?",
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
            .prepare_cached("INSERT OR REPLACE INTO evicted (id, traces) VALUES (?, ?)")?
            .execute(params![run.id, run.encode()])?;
        transaction
            .prepare_cached("DELETE FROM evicted WHERE id < ?")?
            .execute([first])?;
    }
    transaction.commit()?;
    Ok(id)
}
