//! Checks real backends, and makes docs/backends.md of what each keeps.
//!
//! Variables give their programs: `JAEGER`, `TEMPO`, `VICTORIA_TRACES` and `COLLECTOR` hold paths,
//! and `JAEGER_VERSION` and so on the names in the matrix. Each is started on free ports in a
//! folder of its own, checked, stopped, and its folder removed. Ours is checked first. Before that,
//! each configuration file of the repository is started with its program; `KAFKA` holds the folder
//! of Kafka's distribution. If a backend is not given, that is reported, and docs/backends.md is left
//! unchanged. Arguments are passed on to
//! `trace-check roundtrip`: `--traces values,links`, for example.

#![allow(clippy::panic, reason = "a run that meets the unexpected has failed")]

mod configurations;
mod kafka;
mod traceql;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use test_kit::{program, root, run, unused_port};

const PORTS: [&str; 10] = [
    "query",
    "other",
    "gossip",
    "otlp-grpc",
    "otlp-http",
    "thrift-http",
    "jaeger-grpc",
    "thrift-compact",
    "thrift-binary",
    "zipkin",
];

/// A backend to check.
struct Peer {
    name: &'static str,
    /// The variable with its program's path; `None` for ours.
    variable: Option<&'static str>,
    /// The arguments and the configuration, with names of ports, `{folder}` and `{config}` in
    /// braces.
    arguments: &'static [&'static str],
    config: &'static str,
    store: &'static str,
    /// The path that answers when it is ready.
    ready: &'static str,
    /// Its name in bootstrap.sh, if it receives the samples' spans.
    kind: Option<&'static str>,
    /// Further arguments of `trace-check roundtrip`.
    roundtrip: &'static [&'static str],
    /// True if it stores nothing, and forwards to a backend of ours.
    hands_on: bool,
}

const JAEGER: Peer = Peer {
    name: "Jaeger, memory store",
    variable: Some("JAEGER"),
    arguments: &["--config", "{config}"],
    config: include_str!("jaeger.yaml"),
    store: "{memory: {max_traces: 100000}}",
    ready: "/api/v3/services",
    kind: Some("jaeger"),
    roundtrip: &[],
    hands_on: false,
};

/// It forwards to a backend of ours, which is then read. Jaeger's program is a Collector too.
const COLLECTOR: Peer = Peer {
    name: "Collector, otlp_grpc",
    variable: Some("COLLECTOR"),
    arguments: &["--config", "{config}"],
    config: include_str!("collector.yaml"),
    store: "otlp_grpc",
    ready: "/status",
    kind: None,
    roundtrip: &[
        "--spans-only",
        "--protocols",
        "otlp-grpc,otlp-http,otlp-json",
    ],
    hands_on: true,
};

const PEERS: [Peer; 8] = [
    Peer {
        name: "otel-backend",
        variable: None,
        arguments: &[
            "--ui-port={query}",
            "--query-grpc-port={other}",
            "--sampling-port={gossip}",
            "--otlp-grpc-port={otlp-grpc}",
            "--otlp-http-port={otlp-http}",
            "--jaeger-thrift-port={thrift-http}",
            "--jaeger-grpc-port={jaeger-grpc}",
            "--jaeger-compact-port={thrift-compact}",
            "--jaeger-binary-port={thrift-binary}",
            "--zipkin-port={zipkin}",
            "--data-dir={folder}",
        ],
        config: "",
        store: "",
        ready: "/health",
        kind: Some("embedded"),
        roundtrip: &[],
        hands_on: false,
    },
    JAEGER,
    Peer {
        name: "Jaeger, Badger",
        roundtrip: &["--older-model"],
        store: "{badger: {directories: {keys: \"{folder}/keys\", values: \"{folder}/values\"}}}",
        ..JAEGER
    },
    Peer {
        name: "Tempo",
        variable: Some("TEMPO"),
        arguments: &["-target=all", "-config.file={config}"],
        config: include_str!("tempo.yaml"),
        store: "",
        ready: "/ready",
        kind: Some("tempo"),
        roundtrip: &[],
        hands_on: false,
    },
    Peer {
        name: "VictoriaTraces",
        variable: Some("VICTORIA_TRACES"),
        arguments: &[
            "-httpListenAddr=127.0.0.1:{query}",
            "-storageDataPath={folder}",
        ],
        config: "",
        store: "",
        ready: "/health",
        kind: None,
        roundtrip: &[],
        hands_on: false,
    },
    COLLECTOR,
    Peer {
        name: "Collector, otlp_http",
        store: "otlp_http",
        ..COLLECTOR
    },
    Peer {
        name: "Collector, otlp_http in JSON",
        store: "otlp_http/json",
        ..COLLECTOR
    },
];

/// A running backend, which is stopped when dropped.
struct Running {
    child: Child,
    ports: Vec<(&'static str, u16)>,
    /// The backend that it forwards to, and its folder.
    behind: Option<(Box<Running>, tempfile::TempDir)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Running {
    fn port(&self, name: &str) -> u16 {
        let port = self.ports.iter().find(|(other, _)| *other == name);
        port.map_or_else(|| panic!("no port is called {name}"), |(_, port)| *port)
    }

    fn url(&self, port: &str) -> String {
        format!("http://127.0.0.1:{}", self.port(port))
    }

    /// The URL for reading spans.
    fn query_url(&self) -> String {
        match &self.behind {
            Some((behind, _)) => behind.query_url(),
            None => self.url("query"),
        }
    }
}

impl Peer {
    /// Its program; `None` if it is not given.
    fn program(&self) -> Option<std::path::PathBuf> {
        match self.variable {
            None => Some(program("otel-backend")),
            Some(variable) => env::var_os(variable).map(Into::into),
        }
    }

    /// Its name and version, for the matrix.
    fn title(&self) -> String {
        let version = match self.variable {
            None => Some(env!("CARGO_PKG_VERSION").to_owned()),
            Some(variable) => env::var(format!("{variable}_VERSION")).ok(),
        };
        match (version, self.name.split_once(", ")) {
            (None, _) => format!("{} (version not given)", self.name),
            (Some(version), Some((name, store))) => format!("{name} {version}, {store}"),
            (Some(version), None) => format!("{} {version}", self.name),
        }
    }

    fn start(&self, program: &Path, folder: &Path) -> Running {
        let mut ports: Vec<_> = PORTS.map(|name| (name, unused_port())).into();
        let behind = self.hands_on.then(start_ours);
        if let Some((behind, _)) = &behind {
            ports.push(("behind-grpc", behind.port("otlp-grpc")));
            ports.push(("behind-http", behind.port("otlp-http")));
        }
        let config = folder.join("config.yaml");
        let fill = |text: &str| {
            let text = text.replace("{store}", self.store);
            let text = text.replace("{config}", &config.to_string_lossy());
            let text = text.replace("{folder}", &folder.to_string_lossy());
            let name = |text: String, (name, port): &(&str, u16)| {
                text.replace(&format!("{{{name}}}"), &port.to_string())
            };
            ports.iter().fold(text, name)
        };
        fs::write(&config, fill(self.config)).unwrap_or_else(|error| panic!("{error}"));
        let log = fs::File::create(folder.join("log")).unwrap_or_else(|error| panic!("{error}"));
        let child = Command::new(program)
            .args(self.arguments.iter().map(|argument| fill(argument)))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child =
            child.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let running = Running {
            child,
            ports,
            behind,
        };
        let url = format!("{}{}", running.url("query"), self.ready);
        let waited = run(Command::new(check()).args(["wait", &url, "--timeout", "60"]));
        if waited.code() != Some(0) {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("{} is not ready: {}\n{log}", self.name, waited.stderr);
        }
        running
    }

    /// Runs every check; returns the report of the round trip, and whether all is well.
    fn check(&self, running: &Running) -> (String, bool) {
        let mut well = true;
        let mut step = |what: &str, command: &mut Command| {
            let finished = run(command);
            let passed = finished.code() == Some(0);
            println!("  {what}: {}", if passed { "passed" } else { "FAILED" });
            if !passed {
                eprintln!("{}{}", finished.stdout, finished.stderr);
            }
            well &= passed;
            finished.stdout
        };
        if let Some(kind) = self.kind {
            step("bootstrap", &mut bootstrap(kind, running));
        }
        let takes_otlp = self.kind.is_some() || self.hands_on;
        let (protocol, traces) = if takes_otlp {
            ("OTEL_EXPORTER_OTLP_ENDPOINT", running.url("otlp-http"))
        } else {
            (
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                format!("{}/insert/opentelemetry/v1/traces", running.url("query")),
            )
        };
        let mut doctor = Command::new(check());
        doctor.args(["doctor", "--timeout", "20", "--query-url"]);
        doctor.arg(running.query_url()).env(protocol, traces);
        doctor.env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        step("doctor", &mut doctor);
        let mut roundtrip = Command::new(check());
        roundtrip.args(["roundtrip", &running.query_url(), "--prove", "--json"]);
        roundtrip.args(["--timeout", "60", "--name", &self.title()]);
        roundtrip.args(self.roundtrip);
        roundtrip.args(env::args_os().skip(1));
        if takes_otlp {
            for protocol in PORTS.iter().skip(3) {
                let receiver = format!("{protocol}={}", running.port(protocol));
                roundtrip.args(["--receiver", &receiver]);
            }
            let json = format!("otlp-json={}", running.port("otlp-http"));
            roundtrip.args(["--receiver", &json]);
        }
        let report = step("roundtrip and searches", &mut roundtrip);
        (report, well)
    }
}

fn check() -> std::path::PathBuf {
    program("trace-check")
}

fn bootstrap(kind: &str, running: &Running) -> Command {
    let mut command = Command::new(root().join("bootstrap.sh"));
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    command
        .arg("--once")
        .env("BUILD_PROFILE", profile)
        .env("BACKEND_HOST", "127.0.0.1")
        .env("BACKEND_KIND", kind)
        .env("TRACE_QUERY_URL", running.url("query"))
        .env("SERVER_PORT", unused_port().to_string());
    for (variable, port) in [
        ("OTEL_BACKEND_JAEGER_THRIFT_PORT", "thrift-http"),
        ("OTEL_BACKEND_JAEGER_GRPC_PORT", "jaeger-grpc"),
        ("OTEL_BACKEND_OTLP_GRPC_PORT", "otlp-grpc"),
    ] {
        command.env(variable, running.port(port).to_string());
    }
    command
}

/// Starts a backend of ours; returns it with its folder.
fn start_ours() -> (Box<Running>, tempfile::TempDir) {
    let [ours, ..] = &PEERS;
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let running = ours.start(&program("otel-backend"), folder.path());
    (Box::new(running), folder)
}

/// Runs the same queries on a new Tempo and on a new backend of ours.
fn compare_with_ours(peer: &Peer, program: &Path) -> bool {
    let (running, _folder) = start_ours();
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let tempo = peer.start(program, folder.path());
    let place = |running: &Running, path: &str| traceql::Place {
        query: format!("{}{path}", running.url("query")),
        otlp: running.url("otlp-http"),
    };
    traceql::compare(&place(&running, "/tempo"), &place(&tempo, ""))
}

fn main() -> ExitCode {
    let mut well = configurations::check();
    if let Some(folder) = env::var_os("KAFKA") {
        well &= configurations::report(kafka::FILE, kafka::start(Path::new(&folder)));
    }
    let mut reports = Vec::new();
    let mut missing = Vec::new();
    let reported = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    for peer in &PEERS {
        let Some(program) = peer.program() else {
            missing.extend(peer.variable);
            continue;
        };
        println!("{}", peer.title());
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let running = peer.start(&program, folder.path());
        let (report, passed) = peer.check(&running);
        drop(running);
        well &= passed;
        if peer.kind == Some("tempo") {
            well &= compare_with_ours(peer, &program);
        }
        let path = reported.path().join(peer.name);
        fs::write(&path, report).unwrap_or_else(|error| panic!("{error}"));
        reports.push(path);
    }
    missing.dedup();
    if !missing.is_empty() {
        println!("not tried, since these are not set: {}", missing.join(", "));
    }
    let matrix = run(Command::new(check()).arg("matrix").args(&reports));
    if missing.is_empty() && matrix.code() == Some(0) {
        let path = root().join("docs/backends.md");
        fs::write(&path, matrix.stdout).unwrap_or_else(|error| panic!("{error}"));
        println!("docs/backends.md is new");
    } else {
        println!("docs/backends.md is left as it is {}", matrix.stderr);
    }
    if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
