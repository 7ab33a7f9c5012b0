//! Where a store keeps its bytes: in a database, or in the memory of the process.

use rusqlite::Connection;

/// Where a store keeps its bytes, as one thread reaches them.
pub(super) enum Medium {
    /// In a database, over this connection.
    Database(Connection),
    /// In memory: the heads in the catalog hold the bytes.
    Memory(LastId),
}

/// The id that the writer of a store in memory gave last.
#[derive(Debug, Default)]
pub(super) struct LastId(i64);

/// The bytes of a block or of a frame of log records.
#[derive(Debug)]
pub(super) enum Bytes {
    /// They are in the database.
    InDatabase,
    /// The store is in memory, and these are they.
    InMemory(Vec<u8>),
}

impl Medium {
    pub(super) const MEMORY: Self = Self::Memory(LastId(0));

    /// What the catalog holds of bytes that have just been stored.
    pub(super) fn keep(&self, bytes: Vec<u8>) -> Bytes {
        match self {
            Self::Database(_) => Bytes::InDatabase,
            Self::Memory(_) => Bytes::InMemory(bytes),
        }
    }

    /// Begins a transaction that sees the current state.
    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        let Self::Database(connection) = self else {
            return Ok(());
        };
        connection.execute_batch("BEGIN")?;
        // SQLite fixes the state of a transaction at its first read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    }

    /// Ends the transaction.
    pub(super) fn end(&self) -> rusqlite::Result<()> {
        match self {
            Self::Database(connection) => connection.execute_batch("COMMIT"),
            Self::Memory(_) => Ok(()),
        }
    }

    pub(super) fn close(self) -> rusqlite::Result<()> {
        match self {
            Self::Database(connection) => connection.close().map_err(|(_, reason)| reason),
            Self::Memory(_) => Ok(()),
        }
    }
}

impl LastId {
    pub(super) fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}
