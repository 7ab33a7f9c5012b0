//! The backend under load, and the resources that its process uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::Peer;
use crate::send::{Connection, Protocol, template};
use crate::spans::Data;

/// A backend; if it was started here, it is stopped when dropped.
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
    running: Option<test_kit::Backend>,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

/// The resources that a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// CPU seconds.
    pub(crate) cpu: f64,
    pub(crate) memory_mib: f64,
    pub(crate) peak_mib: f64,
}

impl Backend {
    /// A peer, if one is given.
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

    /// Starts the otel-backend in the folder above this example's.
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
                running: None,
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

    /// The receiver of a protocol: host and port, perhaps with a path.
    pub(crate) fn address(&self, protocol: Protocol) -> Option<String> {
        match protocol {
            Protocol::OtlpHttp | Protocol::Logs => Some(self.otlp.clone()),
            Protocol::ThriftHttp => self.thrift.clone(),
            Protocol::JaegerGrpc => self.grpc.clone(),
        }
    }

    /// The address of Jaeger's query API.
    pub(crate) fn query(&self) -> Option<String> {
        self.query.clone()
    }

    /// Stops the backend, starts it with the same data, and waits until it accepts spans.
    pub(crate) fn restart(&mut self) -> anyhow::Result<Duration> {
        let ours = self.ours.as_mut().context("it was not started here")?;
        ours.running.take().map(test_kit::Backend::terminate);
        let mut command = test_kit::command(&["--max-disk", "off", "--data-dir"]);
        command.arg(&ours.directory);
        let mut template = template(Data::Shop, Protocol::OtlpHttp, 8, 0);
        let began = Instant::now();
        let running = test_kit::Backend::of(command);
        self.otlp = running.address("OTLP HTTP");
        let mut connection = Connection::open(Protocol::OtlpHttp, &self.otlp)?;
        connection.send(template.renew(1 << 60))?;
        let took = began.elapsed();
        self.thrift = Some(running.address("Jaeger Thrift HTTP"));
        self.grpc = Some(running.address("Jaeger gRPC"));
        self.query = Some(running.address("trace page and query API"));
        self.pid = Some(running.id());
        ours.running = Some(running);
        Ok(took)
    }

    /// The resources that the process has used so far, if known.
    pub(crate) fn usage(&self) -> anyhow::Result<Option<Usage>> {
        let Some(pid) = self.pid else {
            return Ok(None);
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let behind_name = stat.rsplit(')').next().context("no fields")?;
        // Fields 14 and 15 of the line, in hundredths of a second.
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

    /// The total size of the files in the data directory, in bytes.
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

/// The load average over the last one, five and fifteen minutes.
pub(crate) fn load_average() -> anyhow::Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
