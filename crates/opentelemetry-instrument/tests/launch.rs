//! Tests of the launcher through its command line.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

fn otel_instrument(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel-instrument"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .args(arguments);
    command
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_flag_wins_over_its_variable_and_the_rest_of_the_environment_stays() {
    let script = "echo $OTEL_SERVICE_NAME $OTEL_TRACES_EXPORTER $OTHER $0 $1; exit 7";
    let output = otel_instrument(&[
        "--service_name",
        "flag",
        "sh",
        "-c",
        script,
        "--service_name",
        "x",
    ])
    .env("OTEL_SERVICE_NAME", "variable")
    .env("OTEL_TRACES_EXPORTER", "console")
    .env("OTHER", "stays")
    .output()
    .unwrap();
    let expected = "flag console stays --service_name x\n";
    assert_eq!(text(&output), (Some(7), expected.to_owned(), String::new()));
}

#[test]
fn the_program_takes_the_place_of_the_launcher() {
    let child = otel_instrument(&["sh", "-c", "echo $$"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output).1, format!("{id}\n"));
}

#[test]
fn a_program_that_is_not_there_or_is_none_is_named() {
    let (code, _, stderr) = text(&otel_instrument(&["no-such-program"]).output().unwrap());
    assert_eq!(code, Some(127));
    assert!(
        stderr.contains(r#"there is no program "no-such-program""#),
        "{stderr}"
    );

    let file = std::env::temp_dir().join(format!("otel-instrument-{}", std::process::id()));
    fs::write(&file, "text").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, stderr) = text(&otel_instrument(&[file.to_str().unwrap()]).output().unwrap());
    fs::remove_file(&file).unwrap();
    assert_eq!(code, Some(126));
    assert!(
        stderr.contains("cannot be started: Permission denied"),
        "{stderr}"
    );
}

#[test]
fn a_wrong_flag_starts_nothing() {
    let output = otel_instrument(&["--serivce_name", "x", "echo", "started"])
        .output()
        .unwrap();
    let (code, stdout, stderr) = text(&output);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("did you mean --service_name?"), "{stderr}");
}

#[test]
fn a_dry_run_starts_nothing() {
    let output = otel_instrument(&["--dry-run", "--exporter_otlp_insecure", "echo", "started"])
        .env("OTEL_BSP_SCHEDULE_DELAY", "soon")
        .output()
        .unwrap();
    let (code, stdout, stderr) = text(&output);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for part in [
        "  flag      OTEL_EXPORTER_OTLP_INSECURE=true\n",
        "  variable  OTEL_BSP_SCHEDULE_DELAY=soon\n",
        "  OTEL_BSP_SCHEDULE_DELAY=\"soon\": accepted:",
        "Would start\n  echo started\n",
    ] {
        assert!(stdout.contains(part), "{part} is not in: {stdout}");
    }
}
