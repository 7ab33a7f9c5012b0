//! The backend under load, and what its process uses.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context as _, ensure};
use otel_backend::config::Endpoint;
use tempfile::TempDir;

use crate::Peer;
use crate::send::{Connection, Protocol, template};

/// A backend; one that was started here is ended with this.
pub(crate) struct Backend {
    otlp: String,
    thrift: Option<String>,
    grpc: Option<String>,
    query: Option<String>,
    pid: Option<u32>,
    data: Option<PathBuf>,
    ours: Option<Ours>,
}

/// The otel-backend that was started here.
struct Ours {
    child: Child,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Seconds.
    pub(crate) cpu: f64,
    pub(crate) memory_mib: f64,
    pub(crate) peak_mib: f64,
}

impl Backend {
    /// A peer, if one is named.
    pub(crate) fn running(peer: &Peer) -> Option<Self> {
        Some(Self {
            otlp: peer.otlp.clone()?,
            thrift: peer.thrift.clone(),
            grpc: peer.grpc.clone(),
            query: peer.query.clone(),
            pid: peer.pid,
            data: peer.data.clone(),
            ours: None,
        })
    }

    /// Starts the otel-backend that lies two folders above this example.
    pub(crate) fn start(directory: Option<&Path>) -> anyhow::Result<Self> {
        let temporary = directory.is_none().then(tempfile::tempdir).transpose()?;
        let directory = directory.or(temporary.as_ref().map(TempDir::path));
        let directory = directory.context("no directory")?.to_owned();
        let mut backend = Self {
            otlp: String::new(),
            thrift: None,
            grpc: None,
            query: None,
            pid: None,
            data: Some(directory.clone()),
            ours: Some(Ours {
                child: Command::new("true").spawn()?,
                directory,
                _temporary: temporary,
            }),
        };
        backend.restart()?;
        Ok(backend)
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.ours.is_some()
    }

    /// Where a protocol is received: host and port, and perhaps a path.
    pub(crate) fn address(&self, protocol: Protocol) -> Option<String> {
        match protocol {
            Protocol::OtlpHttp => Some(self.otlp.clone()),
            Protocol::ThriftHttp => self.thrift.clone(),
            Protocol::JaegerGrpc => self.grpc.clone(),
        }
    }

    /// Where Jaeger's query API is.
    pub(crate) fn query(&self) -> Option<String> {
        self.query.clone()
    }

    /// Ends the backend, starts it on the same data, and waits until it accepts spans.
    pub(crate) fn restart(&mut self) -> anyhow::Result<Duration> {
        let ours = self.ours.as_mut().context("it was not started here")?;
        ours.end()?;
        let mut command = Command::new(program()?);
        command.arg("--data-dir").arg(&ours.directory);
        command.args(["--max-disk", "off"]);
        for endpoint in Endpoint::ALL {
            command.env(endpoint.variable(), "0");
        }
        let mut template = template(Protocol::OtlpHttp, 8, 0);
        let began = Instant::now();
        ours.child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = ours.child.stderr.take().context("no stderr")?;
        self.pid = Some(ours.child.id());
        let mut lines = BufReader::new(stderr).lines();
        for line in &mut lines {
            let line = line?;
            if line.ends_with("ready") {
                break;
            }
            self.note(&line);
        }
        let mut connection = Connection::open(Protocol::OtlpHttp, &self.otlp)?;
        connection.send(template.renew(1 << 60))?;
        let took = began.elapsed();
        // What it says later is shown, so that it never waits for a reader.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
            }
        });
        Ok(took)
    }

    /// Notes what a line says of a listener: `… listening on http://127.0.0.1:4318 (OTLP HTTP)`.
    fn note(&mut self, line: &str) {
        let listener = line
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once(" ("));
        let Some((address, what)) = listener else {
            return;
        };
        let address = address.to_owned();
        match what.trim_end_matches(')') {
            "OTLP HTTP" => self.otlp = address,
            "Jaeger Thrift HTTP" => self.thrift = Some(address),
            "Jaeger gRPC" => self.grpc = Some(address),
            "trace page and query API" => self.query = Some(address),
            _ => {}
        }
    }

    /// What the process used so far, if it is known.
    pub(crate) fn usage(&self) -> anyhow::Result<Option<Usage>> {
        let Some(pid) = self.pid else {
            return Ok(None);
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let behind_name = stat.rsplit(')').next().context("no fields")?;
        // Fields 14 and 15 of the whole line, in hundredths of a second.
        let ticks = behind_name.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let mib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
        };
        Ok(Some(Usage {
            cpu: ticks as f64 / 100.0,
            memory_mib: mib("VmRSS").unwrap_or_default(),
            peak_mib: mib("VmHWM").unwrap_or_default(),
        }))
    }

    /// Bytes of all files of the data directory.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<Option<u64>> {
        let Some(data) = &self.data else {
            return Ok(None);
        };
        let mut bytes = 0;
        let mut directories = vec![data.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    directories.push(entry.path());
                } else {
                    bytes += entry.metadata()?.len();
                }
            }
        }
        Ok(Some(bytes))
    }
}

impl Ours {
    /// Ends it as `kill` does.
    fn end(&mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_none() {
            let id = self.child.id().to_string();
            Command::new("kill").arg(id).status()?;
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn program() -> anyhow::Result<PathBuf> {
    let example = env::current_exe()?;
    let folder = example.parent().and_then(Path::parent);
    let program = folder.context("no folder")?.join("otel-backend");
    ensure!(
        program.exists(),
        "{} is not there: build it first, with the same profile",
        program.display()
    );
    Ok(program)
}

/// How many processes wanted to run, over the last one, five and fifteen minutes.
pub(crate) fn load_average() -> anyhow::Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
