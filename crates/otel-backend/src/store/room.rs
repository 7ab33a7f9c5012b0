//! Watches the disk of the database: its free space, and the existence of the files.
//!
//! A database on a full disk cannot even be made smaller: to delete, SQLite first writes to its
//! log, which is then emptied into the database. So some space is always kept free: spans are
//! refused before it is used, and old traces are removed when there is too little.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::AppendError;

/// The files of a database, and their disk.
#[derive(Debug)]
pub(super) struct Room {
    database: Kept,
    log: Kept,
}

/// A file that this process has open.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// The device and inode of the file, once it exists.
    identity: OnceLock<(u64, u64)>,
}

/// The space on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    pub(super) free: u64,
    pub(super) total: u64,
}

/// The space that is kept free; a quarter of a disk that is smaller than four times that.
const RESERVE: u64 = 64 << 20;

impl Room {
    pub(super) fn new(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self {
            database: Kept::new(database.to_owned()),
            log: Kept::new(log.into()),
        }
    }

    /// The free space; `None` if the system does not report it.
    pub(super) fn space(&self) -> Option<Space> {
        let directory = self.database.path.parent()?;
        let disk = rustix::fs::statvfs(directory).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some(Space {
            free: bytes(disk.f_bavail),
            total: bytes(disk.f_blocks),
        })
    }

    /// Checks that the files at their paths are those that this process has open, and that so many
    /// bytes can be written.
    ///
    /// # Errors
    /// [`AppendError::Gone`] if a file was deleted or replaced, [`AppendError::Full`] if only the
    /// reserve is left.
    pub(super) fn check(&self, bytes: u64) -> Result<(), AppendError> {
        for file in [&self.database, &self.log] {
            file.check()?;
        }
        match self.space() {
            Some(space) if space.free < space.least().saturating_add(bytes) => {
                Err(AppendError::Full)
            }
            _ => Ok(()),
        }
    }

    /// The number of bytes by which the free space is below the reserve.
    pub(super) fn shortage(&self) -> u64 {
        let short = |space: Space| space.reserve().saturating_sub(space.free);
        self.space().map_or(0, short)
    }
}

impl Space {
    /// Old traces are removed while less than this is free.
    pub(super) fn reserve(self) -> u64 {
        RESERVE.min(self.total / 4)
    }

    /// Spans are refused while less than this is free.
    pub(super) fn least(self) -> u64 {
        self.reserve() / 4
    }
}

impl Kept {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            identity: OnceLock::new(),
        }
    }

    fn check(&self) -> Result<(), AppendError> {
        let found = match std::fs::metadata(&self.path) {
            Ok(found) => Some((found.dev(), found.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // With any other error, the file need not be gone.
            Err(_) => return Ok(()),
        };
        let known = match found {
            Some(found) => Some(*self.identity.get_or_init(|| found)),
            None => self.identity.get().copied(),
        };
        if found == known {
            return Ok(());
        }
        Err(AppendError::Gone(self.path.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_deleted_or_replaced_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let room = Room::new(&path);
        assert_eq!(room.check(0), Ok(()), "nothing is there yet");
        std::fs::write(&path, "").unwrap();
        assert_eq!(room.check(0), Ok(()));
        std::fs::write(directory.path().join("other"), "").unwrap();
        std::fs::rename(directory.path().join("other"), &path).unwrap();
        assert_eq!(room.check(0), Err(AppendError::Gone(path.clone())));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(room.check(0), Err(AppendError::Gone(path)));
    }

    #[test]
    fn a_small_disk_keeps_a_quarter() {
        let space = |total| Space { free: 0, total };
        assert_eq!(space(32 << 20).reserve(), 8 << 20);
        assert_eq!(space(1 << 40).reserve(), 64 << 20);
        assert_eq!(space(1 << 40).least(), 16 << 20);
    }
}
