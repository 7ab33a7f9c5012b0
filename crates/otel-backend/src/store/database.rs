//! The SQLite database: where it is, what its tables are, which version it has.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::Location;
use super::lock::DirectoryLock;

/// Marks a database as one of otel-backend's: "OTEL" in ASCII.
const APPLICATION_ID: i32 = 0x4f54_454c;

/// The version of the format that this program writes, and the newest that it reads.
const FORMAT: i32 = 1;

const FILE_NAME: &str = "traces.sqlite";

/// See `docs/format.md`.
const SCHEMA: &str = "
    CREATE TABLE block (
        id     INTEGER PRIMARY KEY AUTOINCREMENT,
        frames BLOB NOT NULL,
        traces BLOB NOT NULL
    ) STRICT;
    CREATE TABLE block_filter (
        block  INTEGER PRIMARY KEY REFERENCES block (id),
        rows   BLOB NOT NULL
    ) STRICT;
    CREATE TABLE block_data (
        block  INTEGER PRIMARY KEY REFERENCES block (id),
        frames BLOB NOT NULL
    ) STRICT;
    CREATE TABLE operation (
        service TEXT NOT NULL,
        name    TEXT NOT NULL,
        kind    INTEGER NOT NULL,
        PRIMARY KEY (service, name, kind)
    ) STRICT, WITHOUT ROWID;
";

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or a directory cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the directory.
    #[error(
        "data directory {} is in use by otel-backend with process id {pid}: stop that one, or choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR",
        directory.display()
    )]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// That process's id, or "unknown".
        pid: String,
    },
    /// The database was written by a later version.
    #[error(
        "{path} has format {found}, and this otel-backend reads formats up to {FORMAT}: use a newer otel-backend, or choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR"
    )]
    TooNew {
        /// The database.
        path: String,
        /// Its format.
        found: i32,
    },
    /// The file is something else.
    #[error(
        "{path} is not a database of otel-backend: choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR"
    )]
    Foreign {
        /// The file.
        path: String,
    },
    /// SQLite refused.
    #[error("cannot open the store in {path}: {source}")]
    Sqlite {
        /// The database.
        path: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// A block's index cannot be read.
    #[error("the index of block {0} of the store is damaged")]
    Damaged(i64),
    /// A further connection could not be made.
    #[error("cannot open the store once more: {0}")]
    Connect(rusqlite::Error),
    /// The compressor could not be set up.
    #[error("cannot set up compression: {0}")]
    Compressor(std::io::Error),
}

/// Where connections to the database come from.
#[derive(Debug)]
pub(super) struct Database {
    uri: String,
    flags: OpenFlags,
    _lock: Option<DirectoryLock>,
}

impl Database {
    /// Opens or makes the database, and returns the connection for its one writer.
    pub(super) fn open(location: &Location) -> Result<(Self, Connection), OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = match location {
            Location::Directory(directory) => Self {
                uri: prepare(directory)?,
                flags,
                _lock: Some(DirectoryLock::take(directory)?),
            },
            Location::Memory => Self {
                uri: memory_uri(),
                flags: flags | OpenFlags::SQLITE_OPEN_URI,
                _lock: None,
            },
        };
        let connection = database.open_writer()?;
        Ok((database, connection))
    }

    /// A connection for a reader.
    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.uri, self.flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn open_writer(&self) -> Result<Connection, OpenError> {
        let sqlite = |source: rusqlite::Error| match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::Foreign {
                path: self.uri.clone(),
            },
            _ => OpenError::Sqlite {
                path: self.uri.clone(),
                source,
            },
        };
        let connection = Connection::open_with_flags(&self.uri, self.flags).map_err(sqlite)?;
        let found = versions(&connection).map_err(sqlite)?;
        match found {
            Versions { tables: 0, .. } => create(&connection).map_err(sqlite)?,
            Versions { application, .. } if application != APPLICATION_ID => {
                return Err(OpenError::Foreign {
                    path: self.uri.clone(),
                });
            }
            Versions { format, .. } if format > FORMAT => {
                return Err(OpenError::TooNew {
                    path: self.uri.clone(),
                    found: format,
                });
            }
            Versions { .. } => {}
        }
        configure(&connection).map_err(sqlite)?;
        Ok(connection)
    }
}

/// What a database says it is.
struct Versions {
    application: i32,
    format: i32,
    tables: i32,
}

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

fn prepare(directory: &Path) -> Result<String, OpenError> {
    std::fs::create_dir_all(directory).map_err(|source| OpenError::Io {
        path: directory.to_owned(),
        source,
    })?;
    Ok(directory.join(FILE_NAME).to_string_lossy().into_owned())
}

/// A database in memory that the connections of this process share, and nobody else.
fn memory_uri() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("file:/otel-backend-{count}?vfs=memdb")
}

fn versions(connection: &Connection) -> rusqlite::Result<Versions> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok(Versions {
        application: pragma("application_id")?,
        format: pragma("user_version")?,
        tables: connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?,
    })
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    // Both must be set before the first table: larger pages suit large values, and freed ones are
    // given back to the file system when old traces go.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // A commit is in the operating system's hands before it is acknowledged, so it survives the
    // death of the process. Only a checkpoint waits for the disk: a power cut can cost the commits
    // since the last one, and never tears the database.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")
}
