//! Starts Kafka from the configuration file of docker/scale, with other addresses and another folder.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use test_kit::{root, unused_port};

/// The file in the repository.
pub(crate) const FILE: &str = "docker/scale/config/kafka.properties";

/// The time limit for Kafka to accept a connection.
const PATIENCE: Duration = Duration::from_mins(1);

/// Prepares Kafka's storage and starts it; passes once it accepts connections, which it does after
/// it has built every part. `kafka` is the folder of its distribution.
pub(crate) fn start(kafka: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(text)?;
    let (port, controller) = (unused_port(), unused_port());
    let properties = fs::read_to_string(root().join(FILE)).map_err(text)?;
    let properties = properties
        .replace("0.0.0.0:9092", &format!("127.0.0.1:{port}"))
        .replace("kafka:9092", &format!("127.0.0.1:{port}"))
        .replace("127.0.0.1:9093", &format!("127.0.0.1:{controller}"))
        .replace("/var/lib/kafka", &folder.path().to_string_lossy());
    let config = folder.path().join("kafka.properties");
    fs::write(&config, properties).map_err(text)?;
    let program = |name: &str| {
        let mut command = Command::new(kafka.join("bin").join(name));
        command.env("LOG_DIR", folder.path().join("logs"));
        command
    };
    let mut storage = program("kafka-storage.sh");
    let id = [
        "format",
        "--cluster-id",
        "b3RlbC1ydXN0LXNjYWxlIQ",
        "--config",
    ];
    let storage = storage.args(id).arg(&config).output().map_err(text)?;
    if !storage.status.success() {
        return Err(last_lines(&storage));
    }
    let mut server = program("kafka-server-start.sh");
    server
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut server = server.spawn().map_err(text)?;
    let end = Instant::now() + PATIENCE;
    let mut answers = false;
    while !answers && Instant::now() < end && matches!(server.try_wait(), Ok(None)) {
        sleep(Duration::from_millis(100));
        answers = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    }
    drop(server.kill());
    let output = server.wait_with_output().map_err(text)?;
    if answers {
        Ok(())
    } else {
        Err(last_lines(&output))
    }
}

fn last_lines(output: &Output) -> String {
    let said = [&*output.stdout, &*output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<_> = said.lines().rev().take(3).collect();
    format!("{FILE}: {}", last.join("\n"))
}
