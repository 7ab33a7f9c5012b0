//! Tests that everything acknowledged survives, whatever happens to the process.

use serde_json::json;

use crate::support::{Backend, export, get_json, shop_trace};

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    export(&backend, &shop_trace()).await;
    backend.kill();

    let backend = Backend::in_directory(directory.path());
    let found = get_json(&backend.ui("/api/traces/abcd")).await;
    assert_eq!(found["data"][0]["spans"].as_array().unwrap().len(), 2);
    let services = get_json(&backend.ui("/api/services")).await;
    assert_eq!(services["data"], json!(["shop"]));
}

#[tokio::test]
async fn a_program_that_is_told_to_end_ends_well_and_leaves_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    export(&backend, &shop_trace()).await;
    assert!(backend.terminate().status.success());

    let files = std::fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["otel-backend.lock", "traces.sqlite"]);
}
