//! The health answer: tells if spans can be stored, and lists the problems if not.

use std::sync::Arc;

use axum::Json;
use http::StatusCode;
use serde_json::{Value, json};

use crate::receive::LastFailure;
use crate::store::Store;

#[derive(Debug, Clone)]
pub(super) struct Health {
    pub(super) store: Store,
    pub(super) failure: Arc<LastFailure>,
}

impl Health {
    /// Answers 200 if spans are accepted, else 503. All listeners are bound and the store is open
    /// before the first request is served.
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
        let problem = self.store.problem().map(|problem| problem.to_string());
        let mut problems: Vec<_> = self.failure.get().into_iter().chain(problem).collect();
        problems.dedup();
        problems
    }
}
