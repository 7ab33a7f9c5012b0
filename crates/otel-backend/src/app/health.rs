//! Whether the program can do its work, and what is wrong if it cannot.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use http::StatusCode;
use serde_json::{Value, json};

use crate::receive::LastFailure;
use crate::store::Store;

/// Less than this is as good as nothing: SQLite needs room for its log.
const LEAST_FREE: u64 = 16 << 20;

#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) store: Store,
    pub(super) failure: Arc<LastFailure>,
    /// Where the store is, unless it is in memory.
    pub(super) directory: Option<PathBuf>,
}

impl Health {
    /// 200 while spans are taken, else 503. All listeners are bound and the store is open before the
    /// first request is served.
    pub(super) async fn answer(self) -> (StatusCode, Json<Value>) {
        let problems = tokio::task::spawn_blocking({
            let this = self.clone();
            move || this.problems()
        });
        let problems = problems.await.unwrap_or_default();
        let mut answer = json!({ "status": "ready" });
        let mut status = StatusCode::OK;
        if !problems.is_empty() {
            status = StatusCode::SERVICE_UNAVAILABLE;
            answer = json!({ "status": "unavailable", "problems": problems });
        }
        let damaged = self.store.damaged_blocks();
        if let (1.., Some(object)) = (damaged, answer.as_object_mut()) {
            object.insert("damaged_blocks".to_owned(), damaged.into());
        }
        (status, Json(answer))
    }

    fn problems(&self) -> Vec<String> {
        [self.failure.get(), self.full_disk()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn full_disk(&self) -> Option<String> {
        let directory = self.directory.as_ref()?;
        let disk = rustix::fs::statvfs(directory).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        (free < LEAST_FREE).then(|| {
            let directory = directory.display();
            format!("{free} bytes are left on the disk of {directory}: free some space")
        })
    }
}
