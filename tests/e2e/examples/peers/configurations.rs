//! Starts each configuration file of the repository with the real program that it is for.
//!
//! A file is used unchanged except for addresses: ports become free ones, and missing services are
//! replaced: Badger for `ClickHouse`, a folder for the object storage, and a Kafka and queriers
//! that are never reached. A file passes once its program answers on its status port, having built
//! every part in the file. Merely accepting the file is not enough: Jaeger's `validate` accepts one
//! with which it does not start.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use test_kit::{root, unused_port};

/// A configuration file, and how it is started here.
struct Configuration {
    /// The path of the file in the repository.
    file: &'static str,
    /// The variable with the program's path.
    variable: &'static str,
    arguments: &'static [&'static str],
    /// The replacements; `{status}`, `{folder}` and `{port}` are filled in, the last with a new
    /// number each time.
    replaced: &'static [(&'static str, &'static str)],
    /// The path that answers on the status port.
    status: &'static str,
}

const JAEGER: Configuration = Configuration {
    file: "",
    variable: "JAEGER",
    arguments: &["--config={config}", "--feature-gates=storage.clickhouse"],
    replaced: &[
        ("0.0.0.0:13133", "127.0.0.1:{status}"),
        ("kafka:9092", "127.0.0.1:1"),
        ("storage: {traces: clickhouse}", QUERY),
        (CLICKHOUSE, BADGER),
        (TABLES, ""),
    ],
    status: "/status",
};

/// Jaeger's query ports, which its file leaves at their defaults.
const QUERY: &str = "storage: {traces: clickhouse}
    http: {endpoint: \"127.0.0.1:{port}\"}
    grpc: {endpoint: \"127.0.0.1:{port}\"}";

const CLICKHOUSE: &str = "        clickhouse:
          addresses: [\"clickhouse:9000\"]
          database: default
          auth: {basic: {username: jaeger, password: only-inside-this-network}}
";
const TABLES: &str = "          create_schema: true
          ttl: 336h
";
const BADGER: &str = "        badger: {ephemeral: true}
";

const TEMPO: Configuration = Configuration {
    file: "docker/scale/config/tempo.yaml",
    variable: "TEMPO",
    arguments: &["-config.file={config}"],
    replaced: &[
        ("http_listen_port: 3200", LOOPBACK),
        ("kafka:9092", "127.0.0.1:1"),
        (
            "join_members: [live-store-zone-a-0, live-store-zone-b-0]",
            "bind_addr: [127.0.0.1]\n  bind_port: {port}",
        ),
        (
            "backend: s3",
            "backend: local\n    local: {path: {folder}/blocks}",
        ),
        ("/var/tempo", "{folder}"),
        // By default the name of the machine, whose trailing number is the partition.
        (
            "live_store:",
            "live_store:\n  ring: {instance_id: live-store-zone-a-0}\n  wal: {path: {folder}/live}\n  shutdown_marker_dir: {folder}",
        ),
        (
            "block_builder:\n",
            "block_builder:\n  wal: {path: {folder}/builder}\n",
        ),
        (
            "backend_scheduler:\n",
            "backend_scheduler:\n  local_work_path: {folder}\n",
        ),
    ],
    status: "/ready",
};

const LOOPBACK: &str = "http_listen_port: {status}
  http_listen_address: 127.0.0.1
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {port}";

const LIVE: &str = "live_store:
  wal: {path: {folder}/live}
  shutdown_marker_dir: {folder}";

/// Settings that the file for one process leaves at their defaults: where its parts find each
/// other, and where one of them works.
const ALONE: &str = "memberlist: {bind_addr: [127.0.0.1], bind_port: {port}}
backend_scheduler: {local_work_path: {folder}}
storage:
";

const CONFIGURATIONS: [Configuration; 11] = [
    Configuration {
        file: "docker/scale/config/jaeger-collector.yaml",
        ..JAEGER
    },
    Configuration {
        file: "docker/scale/config/jaeger-ingester.yaml",
        ..JAEGER
    },
    Configuration {
        file: "docker/scale/config/jaeger-query.yaml",
        ..JAEGER
    },
    Configuration {
        file: "tempo.yaml",
        arguments: &["-config.file={config}", "-target=all"],
        replaced: &[
            ("http_listen_port: 3200", LOOPBACK),
            ("/var/tempo", "{folder}"),
            ("live_store:", LIVE),
            ("storage:\n", ALONE),
        ],
        ..TEMPO
    },
    tempo_part(&["-config.file={config}", "-target=distributor"]),
    tempo_part(&[
        "-config.file={config}",
        "-target=live-store",
        "-live-store.instance-availability-zone=zone-a",
    ]),
    tempo_part(&["-config.file={config}", "-target=block-builder"]),
    tempo_part(&["-config.file={config}", "-target=backend-scheduler"]),
    tempo_part(&["-config.file={config}", "-target=backend-worker"]),
    tempo_part(&["-config.file={config}", "-target=querier"]),
    tempo_part(&["-config.file={config}", "-target=query-frontend"]),
];

const fn tempo_part(arguments: &'static [&'static str]) -> Configuration {
    Configuration { arguments, ..TEMPO }
}

/// The time limit for a program to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts every file whose program is given; returns true if all of them start.
pub(crate) fn check() -> bool {
    let mut well = true;
    println!("configuration files");
    for configuration in &CONFIGURATIONS {
        let Some(program) = env::var_os(configuration.variable) else {
            continue;
        };
        let started = configuration.start(Path::new(&program));
        well &= report(&configuration.name(), started);
    }
    well
}

/// Prints the result for a file; returns true if it starts.
pub(crate) fn report(name: &str, started: Result<(), String>) -> bool {
    match started {
        Ok(()) => println!("  {name}: starts"),
        Err(reason) => {
            println!("  {name}: FAILED");
            eprintln!("{reason}");
            return false;
        }
    }
    true
}

impl Configuration {
    /// The file, and the part of the program for which it is started.
    fn name(&self) -> String {
        let target = self
            .arguments
            .iter()
            .find_map(|a| a.strip_prefix("-target="));
        let target = target.map(|target| format!(" ({target})"));
        format!("{}{}", self.file, target.unwrap_or_default())
    }

    fn start(&self, program: &Path) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (status, config) = (unused_port(), folder.path().join("config.yaml"));
        let fill = |text: &str| {
            let text = text.replace("{config}", &config.to_string_lossy());
            let text = text.replace("{folder}", &folder.path().to_string_lossy());
            numbered(&text.replace("{status}", &status.to_string()), "{port}")
        };
        let text = fs::read_to_string(root().join(self.file)).map_err(|e| e.to_string())?;
        let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, &fill(to));
        let text = self.replaced.iter().fold(text, replace);
        fs::write(&config, elsewhere(&text)).map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(self.arguments.iter().map(|argument| fill(argument)));
        let url = format!("http://127.0.0.1:{status}{}", self.status);
        // Any status will do, since some parts wait for others that are missing here.
        let answers = || {
            matches!(
                ureq::get(&url).call(),
                Ok(_) | Err(ureq::Error::StatusCode(_))
            )
        };
        start(&mut command, folder.path(), answers)
            .map_err(|reason| format!("{}: {reason}", self.name()))
    }
}

/// Starts a program in a folder, waits until it `answers`, and ends it. The error has the last lines
/// that the program has printed.
pub(crate) fn start(
    command: &mut Command,
    folder: &Path,
    answers: impl Fn() -> bool,
) -> Result<(), String> {
    let said = folder.join("log");
    let log = fs::File::create(&said).map_err(|error| error.to_string())?;
    let copy = log.try_clone().map_err(|error| error.to_string())?;
    let child = command.current_dir(folder).stdout(copy).stderr(log).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let answered = wait(&mut child, answers);
    drop(child.kill());
    drop(child.wait());
    answered.map_err(|why| {
        let said = fs::read_to_string(said).unwrap_or_default();
        format!("{why}\n{}", last_lines(&said))
    })
}

fn wait(child: &mut Child, answers: impl Fn() -> bool) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended: {status}"));
        }
        if answers() {
            return Ok(());
        }
        sleep(Duration::from_millis(100));
    }
    Err("it does not answer".to_owned())
}

pub(crate) fn last_lines(said: &str) -> String {
    let lines: Vec<_> = said.lines().collect();
    let last = lines.get(lines.len().saturating_sub(3)..);
    last.unwrap_or_default().join("\n")
}

/// Replaces all addresses in a text by free ports of this machine.
fn elsewhere(text: &str) -> String {
    let mut parts = text.split("0.0.0.0:");
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|char: char| char.is_ascii_digit());
        moved.push_str("127.0.0.1:");
        moved.push_str(&unused_port().to_string());
        moved.push_str(rest);
    }
    moved
}

/// Replaces each occurrence of a placeholder by a free port.
fn numbered(text: &str, place: &str) -> String {
    let mut parts = text.split(place);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}{}{part}", unused_port()))
}
