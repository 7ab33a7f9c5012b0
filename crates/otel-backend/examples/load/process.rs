//! The backend under load, and what its process uses.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// A backend; one that was started here is ended with this.
pub(crate) struct Backend {
    /// Host and port of its OTLP/HTTP receiver.
    pub(crate) otlp: String,
    /// Host and port of its query API, if it is otel-backend.
    pub(crate) query: Option<String>,
    pid: Option<u32>,
    started: Option<(Child, TempDir)>,
}

/// What a process used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Seconds.
    pub(crate) cpu: f64,
    pub(crate) memory_mib: f64,
    pub(crate) peak_mib: f64,
}

impl Backend {
    pub(crate) fn running(endpoint: &str, pid: Option<u32>) -> Self {
        Self {
            otlp: endpoint.to_owned(),
            query: None,
            pid,
            started: None,
        }
    }

    /// Starts the otel-backend that lies two folders above this example.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let example = env::current_exe()?;
        let folder = example
            .parent()
            .and_then(Path::parent)
            .context("no folder")?;
        let program = folder.join("otel-backend");
        ensure!(
            program.exists(),
            "{} is not there: build it first, with the same profile",
            program.display()
        );
        let directory = tempfile::tempdir()?;
        let mut command = Command::new(program);
        command.arg("--data-dir").arg(directory.path());
        for endpoint in [
            "UI",
            "OTLP_GRPC",
            "OTLP_HTTP",
            "JAEGER_THRIFT",
            "JAEGER_GRPC",
        ] {
            command.env(format!("OTEL_BACKEND_{endpoint}_PORT"), "0");
        }
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().context("no stderr")?;
        let (mut otlp, mut query) = (None, None);
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            let address = line
                .split("http://")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            match address {
                Some(address) if line.ends_with("(OTLP HTTP)") => otlp = Some(address.to_owned()),
                Some(address) if line.contains("query API") => query = Some(address.to_owned()),
                _ => {}
            }
            if line.ends_with("ready") {
                break;
            }
        }
        Ok(Self {
            otlp: otlp.context("it does not listen for OTLP/HTTP")?,
            query,
            pid: Some(child.id()),
            started: Some((child, directory)),
        })
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let Some(pid) = self.pid else {
            return Ok(Usage::default());
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
        Ok(Usage {
            cpu: ticks as f64 / 100.0,
            memory_mib: mib("VmRSS").unwrap_or_default(),
            peak_mib: mib("VmHWM").unwrap_or_default(),
        })
    }

    pub(crate) fn disk_bytes(&self) -> anyhow::Result<u64> {
        let Some((_, directory)) = &self.started else {
            return Ok(0);
        };
        let mut bytes = 0;
        for file in fs::read_dir(directory.path())? {
            let file = file?;
            // The log is a buffer of a fixed size: it does not grow with the spans.
            if !file.file_name().to_string_lossy().ends_with("-wal") {
                bytes += file.metadata()?.len();
            }
        }
        Ok(bytes)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.started {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
