//! Tests a full disk: senders are told, and the stored data stays readable.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Backend, command, export, get, get_json, of_service, post, shop_trace};

/// The program with a limit of so many KiB on the size of its files.
fn limited(arguments: &[&str], kib: u32) -> Command {
    let program = command(arguments);
    // The signal is ignored, so that writing fails as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).arg(program.get_program());
    shell.args(program.get_args()).env_clear();
    let variables = program
        .get_envs()
        .filter_map(|(key, value)| Some((key, value?)));
    shell.envs(variables).stderr(std::process::Stdio::piped());
    shell
}

/// A span of about 100 KB that hardly compresses.
pub(crate) fn large(number: u32) -> Value {
    let mut state = number;
    let mut digit = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + u8::try_from(state >> 24).unwrap() % 75)
    };
    let noise: String = (0..100_000).map(|_| digit()).collect();
    let span = json!({
        "traceId": format!("{number:032x}"), "spanId": "0000000000000001",
        "attributes": [{"key": "noise", "value": {"stringValue": noise}}],
    });
    of_service("large", &[span])
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_is_there_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let backend = Backend::of(limited(&["--data-dir", path], 2000));
    export(&backend, &shop_trace()).await;
    let url = backend.otlp_http("/v1/traces");
    let mut stored = Vec::new();
    let refused = loop {
        let number = u32::try_from(stored.len()).unwrap() + 1;
        assert!(number < 100, "the disk was never full");
        let body = large(number).to_string().into_bytes();
        match post(&url, "application/json", body).await {
            (200, _) => stored.push(number),
            refused => break refused,
        }
    };
    let (status, body) = refused;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("the store cannot write: "), "{body}");
    let (status, health) = get(&backend.ui("/health")).await;
    assert_eq!(status, 503, "{health}");
    assert!(health.contains("the store cannot write: "), "{health}");

    check(&backend, &stored).await;
    backend.kill();
    // With free space, it continues where it was.
    let backend = Backend::in_directory(directory.path());
    check(&backend, &stored).await;
    let body = large(1000).to_string().into_bytes();
    let (status, _) = post(&backend.otlp_http("/v1/traces"), "application/json", body).await;
    assert_eq!(status, 200);
    let (status, health) = get(&backend.ui("/health")).await;
    assert_eq!(status, 200, "{health}");
}

async fn check(backend: &Backend, stored: &[u32]) {
    for number in stored {
        let found = get_json(&backend.ui(&format!("/api/traces/{number:x}"))).await;
        assert_eq!(
            found["data"][0]["spans"].as_array().map(Vec::len),
            Some(1),
            "{number}"
        );
    }
    let found = get_json(&backend.ui("/api/traces/abcd")).await;
    assert_eq!(found["data"][0]["spans"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data");
    let refusal = crate::support::refused(command(&["--data-dir", below.to_str().unwrap()]));
    assert_eq!(refusal.status.code(), Some(1));
    let said = format!("otel-backend: cannot use {}: ", below.display());
    assert!(refusal.stderr.starts_with(&said), "{}", refusal.stderr);
}
