//! The file of strategies, which is read again when it changes.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::strategy::Strategies;

/// The reason why the file of strategies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SamplingError {
    /// The file cannot be read.
    #[error("cannot read {path}, which --sampling-file names: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The content of the file is invalid.
    #[error("{path}, which --sampling-file names, is invalid: {reason}", path = path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The defect.
        reason: String,
    },
}

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    read: Mutex<Read>,
}

/// The last valid content.
#[derive(Debug)]
struct Read {
    stamp: Stamp,
    strategies: Arc<Strategies>,
}

/// The modification time and the length of the file, which change with its content.
type Stamp = Option<(SystemTime, u64)>;

impl File {
    pub(super) fn open(path: PathBuf) -> Result<Self, SamplingError> {
        let stamp = stamp(&path);
        let strategies = Arc::new(load(&path)?);
        Ok(Self {
            path,
            read: Mutex::new(Read { stamp, strategies }),
        })
    }

    /// The strategies in the file; if it has become invalid, those of its last valid content.
    pub(super) fn current(&self) -> Arc<Strategies> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path);
        if stamp != read.stamp {
            read.stamp = stamp;
            match load(&self.path) {
                Ok(strategies) => read.strategies = Arc::new(strategies),
                Err(reason) => tracing::warn!(%reason, "the strategies stay as they were"),
            }
        }
        Arc::clone(&read.strategies)
    }
}

fn stamp(path: &PathBuf) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn load(path: &PathBuf) -> Result<Strategies, SamplingError> {
    let json = fs::read(path).map_err(|source| SamplingError::Io {
        path: path.clone(),
        source,
    })?;
    Strategies::read(&json).map_err(|reason| SamplingError::Wrong {
        path: path.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed_and_a_wrong_one_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sampling.json");
        assert!(matches!(
            File::open(path.clone()),
            Err(SamplingError::Io { .. })
        ));
        fs::write(&path, "{}").unwrap();
        let file = File::open(path.clone()).unwrap();
        let all = file.current();
        assert_eq!(*all, Strategies::default());

        let half = r#"{"default_strategy": {"type": "probabilistic", "param": 0.5}}"#;
        fs::write(&path, half).unwrap();
        let changed = file.current();
        assert_ne!(changed, all);
        for wrong in ["nonsense", "{\"default_strategy\": 1}"] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(file.current(), changed);
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(file.current(), changed);
    }
}
