//! Starts Kafka from the configuration file of docker/scale, with other addresses and another folder.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;

use test_kit::{root, unused_port};

use crate::configurations::{self, last_lines};

/// The file in the repository.
pub(crate) const FILE: &str = "docker/scale/config/kafka.properties";

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
        return Err(last_lines(&String::from_utf8_lossy(&storage.stderr)));
    }
    let mut server = program("kafka-server-start.sh");
    let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    configurations::start(server.arg(&config), folder.path(), answers)
}
