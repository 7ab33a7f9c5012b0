//! Tests a small disk, and a database that is deleted.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::full_disk::large;
use crate::support::{Backend, command, export, get, get_json, of_service, post, shop_trace};

/// The program with its data directory on a separate disk of so many MiB.
fn on_a_disk_of(mib: u32, directory: &Path, arguments: &[&str]) -> Command {
    let program = command(arguments);
    let mount =
        format!("mount -t tmpfs -o size={mib}m none \"$0\" && exec \"$@\" --data-dir \"$0\"");
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
    shell.arg(directory).arg(program.get_program());
    shell.args(program.get_args()).env_clear();
    let variables = program.get_envs();
    shell.envs(variables.filter_map(|(key, value)| Some((key, value?))));
    shell.stderr(std::process::Stdio::piped());
    shell
}

#[tokio::test]
async fn a_small_disk_is_never_full_for_good() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--max-disk", "32MiB"];
    let backend = Backend::of(on_a_disk_of(32, directory.path(), &arguments));
    let url = backend.otlp_http("/v1/traces");
    // About 47 MB, one and a half times the size of the disk.
    for number in 1..=600 {
        let body = large(number).to_string().into_bytes();
        let begin = Instant::now();
        loop {
            let (status, answer) = post(&url, "application/json", body.clone()).await;
            if status == 200 {
                break;
            }
            let answer = String::from_utf8(answer).unwrap();
            assert_eq!(status, 503, "{answer}");
            assert!(
                begin.elapsed() < Duration::from_mins(1),
                "{number}: {answer}"
            );
            // A sender that is told when to retry waits too.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let (status, health) = get(&backend.ui("/health")).await;
    assert_eq!(status, 200, "{health}");
    for number in 595..=600 {
        let found = get_json(&backend.ui(&format!("/api/traces/{number:x}"))).await;
        assert_eq!(found["data"][0]["spans"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_database_is_gone() {
    for gone in ["traces.sqlite", "traces.sqlite-wal", ""] {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let backend = Backend::in_directory(&data);
        export(&backend, &shop_trace()).await;
        if gone.is_empty() {
            fs::remove_dir_all(&data).unwrap();
        } else {
            fs::rename(data.join(gone), data.join("moved")).unwrap();
            fs::copy(data.join("moved"), data.join(gone)).unwrap();
        }
        let span = json!({"traceId": "5".repeat(32), "spanId": "6".repeat(16)});
        let body = of_service("late", &[span]).to_string().into_bytes();
        let (status, answer) =
            post(&backend.otlp_http("/v1/traces"), "application/json", body).await;
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(status, 503, "{gone}: {answer}");
        assert!(answer.contains("was deleted or replaced"), "{answer}");
        let (status, health) = get(&backend.ui("/health")).await;
        assert_eq!(status, 503, "{health}");
        assert!(health.contains("was deleted or replaced"), "{health}");
    }
}
