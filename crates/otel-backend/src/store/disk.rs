//! Measures the size of the store, and returns free space to the disk.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::catalog::Catalog;
use super::medium::Medium;

/// The pages moved in one step; about as many bytes as a commit under load.
const STEP: u64 = 256;

/// Free pages that are left for what is written next: a share of all pages, and so many at least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slack {
    share: u64,
    least: u64,
}

impl Slack {
    /// While nothing is written.
    pub(super) const QUIET: Self = Self {
        share: 64,
        least: 128,
    };

    /// In a store that is full: what was evicted makes room for what comes.
    pub(super) const EVICTING: Self = Self {
        share: 16,
        least: 128,
    };

    /// While spans come: what merging frees is used by the next of them.
    pub(super) const WRITING: Self = Self {
        share: 4,
        least: 2048,
    };

    fn pages(self, connection: &Connection) -> rusqlite::Result<u64> {
        Ok((pragma(connection, "page_count")? / self.share).max(self.least))
    }
}

/// The bytes of spans and log records, without free pages and without the log.
pub(super) fn used(medium: &Medium, catalog: &Catalog) -> rusqlite::Result<u64> {
    match medium {
        Medium::Database(connection) => {
            let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
            Ok(pages * pragma(connection, "page_size")?)
        }
        Medium::Memory(_) => Ok(catalog.size()),
    }
}

/// Returns true if there are more free pages than are to be kept.
pub(super) fn exceeds(medium: &Medium, slack: Slack) -> rusqlite::Result<bool> {
    let Medium::Database(connection) = medium else {
        return Ok(false);
    };
    Ok(pragma(connection, "freelist_count")? > slack.pages(connection)?)
}

/// Returns some free pages to the file system; true if there are more.
pub(super) fn give_back(medium: &Medium, slack: Slack) -> rusqlite::Result<bool> {
    let Medium::Database(connection) = medium else {
        return Ok(false);
    };
    let free = pragma(connection, "freelist_count")?;
    let slack = slack.pages(connection)?;
    if free > slack {
        let pages = (free - slack).min(STEP);
        let moved = connection.execute_batch(&format!("PRAGMA incremental_vacuum({pages})"));
        match moved {
            // The log grows by what is moved, so on a full disk it must be emptied first.
            Err(reason) if reason.sqlite_error_code() == Some(ErrorCode::DiskFull) => {}
            Err(reason) => return Err(reason),
            Ok(()) if pragma(connection, "freelist_count")? < free => return Ok(true),
            Ok(()) => {}
        }
    }
    truncate(connection)?;
    Ok(false)
}

/// Moves the log into the database and truncates both, unless that would have to wait for a reader.
fn truncate(connection: &Connection) -> rusqlite::Result<()> {
    let timeout: i64 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    connection.busy_timeout(Duration::ZERO)?;
    let result = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(Duration::from_millis(timeout.cast_unsigned()))?;
    result
}

/// Reads a count of the database. It is asked for after every commit, so it is prepared once.
fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA {name}"))?;
    let number: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(number.cast_unsigned())
}
