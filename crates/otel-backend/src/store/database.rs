//! The SQLite database: its place, its tables and its format.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::lock::DirectoryLock;
use super::medium::Medium;
use super::room::{Room, Space};
use super::source::Source;
use super::{AppendError, Location, Settings, SyncMode};

/// Marks a database as one of otel-backend's: "OTEL" in ASCII.
const APPLICATION_ID: i32 = 0x4f54_454c;

/// The format that this program writes, and the newest that it reads.
const FORMAT: i32 = 8;

/// The oldest format with the same tables for spans as the newest.
const SAME_TABLES: i32 = 4;

const FILE_NAME: &str = "traces.sqlite";

/// See `docs/format.md`.
const SCHEMA: &str = "
    CREATE TABLE block (
        id     INTEGER PRIMARY KEY AUTOINCREMENT,
        frames BLOB NOT NULL,
        traces BLOB NOT NULL
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

/// The additions of format 2.
const SCHEMA_2: &str = "
    CREATE TABLE evicted (
        id     INTEGER PRIMARY KEY,
        traces BLOB NOT NULL
    ) STRICT;
";

/// The additions of format 3, which are empty for existing blocks.
const SCHEMA_3: &str = "
    ALTER TABLE block ADD COLUMN newest BLOB NOT NULL DEFAULT x'';
";

/// The additions of format 4. The arrival of existing blocks is unknown; it is taken to be now.
const SCHEMA_4: &str = "
    ALTER TABLE block ADD COLUMN came INTEGER NOT NULL DEFAULT 0;
    UPDATE block SET came = unixepoch() * 1000000000;
";

/// The additions of format 6. (Format 5 has the tables of format 4.) The age of the stored
/// operations is not known, so they count as seen now.
const SCHEMA_6: &str = "
    ALTER TABLE operation ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
    UPDATE operation SET last = unixepoch() * 1000000000;
    CREATE TABLE log_frame (
        id                 INTEGER PRIMARY KEY AUTOINCREMENT,
        first              INTEGER NOT NULL,
        last               INTEGER NOT NULL,
        came               INTEGER NOT NULL,
        severity           INTEGER NOT NULL,
        records            INTEGER NOT NULL,
        columns_length     INTEGER NOT NULL,
        columns_raw_length INTEGER NOT NULL,
        rest_length        INTEGER NOT NULL,
        rest_raw_length    INTEGER NOT NULL,
        services           BLOB NOT NULL,
        traces             BLOB NOT NULL,
        data               BLOB NOT NULL
    ) STRICT;
";

/// The additions of format 7: the seeds of keys, which earlier formats did not have.
const SCHEMA_7: &str = "
    ALTER TABLE block ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE evicted ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE log_frame ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
";

/// The additions of format 8, which are empty for existing blocks.
const SCHEMA_8: &str = "
    ALTER TABLE block ADD COLUMN rests BLOB NOT NULL DEFAULT x'';
    ALTER TABLE block ADD COLUMN ends BLOB NOT NULL DEFAULT x'';
    ALTER TABLE block ADD COLUMN calls BLOB NOT NULL DEFAULT x'';
";

/// The reason why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or a directory cannot be used.
    #[error(
        "cannot use {}: {source}: choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR",
        path.display()
    )]
    Io {
        /// The path.
        path: PathBuf,
        /// The error.
        source: std::io::Error,
    },
    /// Another process uses the directory.
    #[error(
        "data directory {} is in use by otel-backend with process id {pid}: stop that one, or choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR",
        directory.display()
    )]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The id of that process, or "unknown".
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
    /// The database was written by an earlier version, and was opened for reading only.
    #[error(
        "{path} has the older format {found}: start otel-backend on it once, which brings it up to date"
    )]
    TooOld {
        /// The database.
        path: String,
        /// Its format.
        found: i32,
    },
    /// The file is not a database of otel-backend.
    #[error(
        "{path} is not a database of otel-backend: choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR"
    )]
    Foreign {
        /// The file.
        path: String,
    },
    /// The file is incomplete, or was changed by another program.
    #[error(
        "{path} is damaged ({source}): put a copy of it in its place, or move it away to begin anew"
    )]
    Damaged {
        /// The database.
        path: String,
        /// The error.
        source: rusqlite::Error,
    },
    /// SQLite returned an error.
    #[error("cannot open the store in {path}: {source}")]
    Sqlite {
        /// The database.
        path: String,
        /// The error.
        source: rusqlite::Error,
    },
    /// A further connection could not be made.
    #[error("cannot open the store once more: {0}")]
    Connect(rusqlite::Error),
    /// A thread could not be started.
    #[error("cannot start a thread of the store: {0}")]
    Thread(std::io::Error),
    /// The compressor could not be set up.
    #[error("cannot set up compression: {0}")]
    Compressor(std::io::Error),
}

/// What the threads of a store share of its database.
#[derive(Debug)]
pub(super) enum Database {
    /// There is none: the store is in memory.
    Memory,
    /// This process writes the file.
    Written {
        path: String,
        /// The disk of the file.
        room: Room,
        _lock: DirectoryLock,
    },
    /// Another process may write the file.
    Read { path: String },
}

/// The number of pages in the log from which it is moved into the database, and the bytes to which
/// the log is truncated after that.
#[derive(Debug, Clone, Copy)]
struct LogSize {
    pages: i64,
    bytes: i64,
}

const PAGE: i64 = 8192;

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Database {
    /// Opens or creates the database; returns the connection for its single writer.
    pub(super) fn open(settings: &Settings) -> Result<(Self, Source), OpenError> {
        let Location::Directory(directory) = &settings.location else {
            return Ok((Self::Memory, Source::new(Medium::MEMORY)));
        };
        let path = prepare(directory)?;
        let lock = DirectoryLock::take(directory)?;
        let room = Room::new(Path::new(&path));
        let sqlite = |source: rusqlite::Error| match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::Foreign { path: path.clone() },
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged {
                path: path.clone(),
                source,
            },
            _ => OpenError::Sqlite {
                path: path.clone(),
                source,
            },
        };
        let connection = open_file(&path).map_err(sqlite)?;
        check_format(&connection, &path, sqlite)?;
        configure(&connection, settings, room.space()).map_err(sqlite)?;
        if room.shortage() > 0 {
            make_room(&connection);
        }
        // From now on it is noticed if a file is deleted.
        room.check(0).ok();
        let database = Self::Written {
            path,
            room,
            _lock: lock,
        };
        Ok((database, Source::new(Medium::Database(connection))))
    }

    /// Opens a database for reading, which another process may use at the same time.
    pub(super) fn open_to_read(directory: &Path) -> Result<(Self, Source), OpenError> {
        let path = directory.join(FILE_NAME);
        if let Err(source) = std::fs::metadata(&path) {
            return Err(OpenError::Io { path, source });
        }
        let path = path.to_string_lossy().into_owned();
        let sqlite = |source| OpenError::Sqlite {
            path: path.clone(),
            source,
        };
        let connection = open_to_read_alone(&path).map_err(sqlite)?;
        match check_version(&connection, &path, sqlite)? {
            SAME_TABLES.. => {}
            found => return Err(OpenError::TooOld { path, found }),
        }
        Ok((
            Self::Read { path },
            Source::new(Medium::Database(connection)),
        ))
    }

    /// The disk that this process writes to.
    fn room(&self) -> Option<&Room> {
        match self {
            Self::Written { room, .. } => Some(room),
            Self::Memory | Self::Read { .. } => None,
        }
    }

    /// Checks that so many bytes can be written to the files that this process has open.
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), AppendError> {
        self.room().map_or(Ok(()), |room| room.check(bytes))
    }

    /// The number of bytes that the disk lacks to have the reserve free.
    pub(super) fn shortage(&self) -> u64 {
        self.room().map_or(0, Room::shortage)
    }

    /// The number of bytes that are kept free on the disk.
    pub(super) fn reserve(&self) -> u64 {
        let space = self.room().and_then(Room::space);
        space.map_or(0, Space::reserve)
    }

    /// Makes another connection for reading.
    pub(super) fn connect(&self) -> rusqlite::Result<Source> {
        Ok(Source::new(match self {
            Self::Memory => Medium::MEMORY,
            Self::Written { path, .. } | Self::Read { path } => {
                Medium::Database(open_to_read(path)?)
            }
        }))
    }
}

fn prepare(directory: &Path) -> Result<String, OpenError> {
    std::fs::create_dir_all(directory).map_err(|source| OpenError::Io {
        path: directory.to_owned(),
        source,
    })?;
    Ok(directory.join(FILE_NAME).to_string_lossy().into_owned())
}

fn open_file(path: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn open_to_read(path: &str) -> rusqlite::Result<Connection> {
    let connection = open_file(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a database in a place without write access, for instance on a read-only disk.
///
/// To read beside a writer, SQLite needs files beside the database. If it cannot create them and
/// there is no log, there is no writer, and the database can be read without them.
fn open_to_read_alone(path: &str) -> rusqlite::Result<Connection> {
    let opened = open_to_read(path).and_then(|connection| {
        versions(&connection)?;
        Ok(connection)
    });
    match opened {
        Err(reason)
            if reason.sqlite_error_code() == Some(ErrorCode::ReadOnly)
                && !Path::new(&format!("{path}-wal")).exists() =>
        {
            let path = utf8_percent_encode(path, NON_ALPHANUMERIC);
            let uri = format!("file:{path}?immutable=1");
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
                | OpenFlags::SQLITE_OPEN_URI
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(uri, flags)
        }
        opened => opened,
    }
}

/// Creates the tables of a new database, and those missing in an old one.
fn check_format(
    connection: &Connection,
    path: &str,
    sqlite: impl Fn(rusqlite::Error) -> OpenError,
) -> Result<(), OpenError> {
    match check_version(connection, path, &sqlite)? {
        0 => create(connection).map_err(sqlite),
        FORMAT => Ok(()),
        found => migrate(connection, found).map_err(sqlite),
    }
}

/// The format of the database; 0 if it is empty.
fn check_version(
    connection: &Connection,
    path: &str,
    sqlite: impl Fn(rusqlite::Error) -> OpenError,
) -> Result<i32, OpenError> {
    let found = versions(connection).map_err(sqlite)?;
    let path = path.to_owned();
    match found {
        Versions { tables: 0, .. } => Ok(0),
        Versions { application, .. } if application != APPLICATION_ID => {
            Err(OpenError::Foreign { path })
        }
        Versions { format, .. } if format > FORMAT => Err(OpenError::TooNew {
            path,
            found: format,
        }),
        Versions { format, .. } => Ok(format),
    }
}

/// The identification of a database.
struct Versions {
    application: i32,
    format: i32,
    tables: i32,
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
    // Both must be set before the first table: larger pages suit large values, and free pages are
    // returned to the file system when old traces are removed.
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute_batch(SCHEMA_2)?;
    transaction.execute_batch(SCHEMA_3)?;
    transaction.execute_batch(SCHEMA_4)?;
    transaction.execute_batch(SCHEMA_6)?;
    transaction.execute_batch(SCHEMA_7)?;
    transaction.execute_batch(SCHEMA_8)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

/// Updates an earlier format.
fn migrate(connection: &Connection, found: i32) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    if found < 2 {
        transaction.execute_batch(SCHEMA_2)?;
    }
    if found < 3 {
        transaction.execute_batch(SCHEMA_3)?;
    }
    if found < 4 {
        transaction.execute_batch(SCHEMA_4)?;
    }
    // Formats 1 to 4 had it; one that is damaged stays, for nothing reads it.
    if let Err(reason) = transaction.execute_batch("DROP TABLE IF EXISTS block_filter") {
        tracing::warn!(%reason, "the table of filters of an earlier format stays in the store");
    }
    if found < 6 {
        transaction.execute_batch(SCHEMA_6)?;
    }
    if found < 7 {
        transaction.execute_batch(SCHEMA_7)?;
    }
    transaction.execute_batch(SCHEMA_8)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

/// Moves what an earlier process left in the log into the database, so that the log takes no space.
fn make_room(connection: &Connection) {
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    match emptied {
        Ok(0) => tracing::warn!("the disk is nearly full: the log of the store was emptied"),
        Ok(_) => {}
        Err(reason) => tracing::error!(
            %reason,
            "the disk is full: the log of the store cannot be emptied: free some space"
        ),
    }
}

fn configure(
    connection: &Connection,
    settings: &Settings,
    space: Option<Space>,
) -> rusqlite::Result<()> {
    // A commit is written to the operating system before it is acknowledged, so it survives the
    // death of the process. With NORMAL only a checkpoint waits for the disk: a power failure may
    // lose the commits since the last one, but does not corrupt the database. With FULL each commit
    // waits.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match settings.sync {
        SyncMode::Normal => "NORMAL",
        SyncMode::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let log = LogSize::of(settings.retention.bytes, space);
    connection.pragma_update(None, "wal_autocheckpoint", log.pages)?;
    connection.pragma_update(None, "journal_size_limit", log.bytes)
}

impl LogSize {
    /// A small part of the store's limit, and of its disk.
    fn of(max_bytes: Option<u64>, space: Option<Space>) -> Self {
        let bounds = max_bytes.into_iter().chain(space.map(|space| space.total));
        let bytes = bounds
            .min()
            .map_or(i64::MAX, |max| (max / 16).cast_signed());
        Self {
            pages: (bytes / PAGE).clamp(64, 1000),
            bytes: bytes.clamp(1 << 20, 16 << 20),
        }
    }
}
