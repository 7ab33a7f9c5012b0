//! A role that runs as a process.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest to wait for a process to listen, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running role. It is killed when dropped.
pub(super) struct Process {
    role: String,
    child: Child,
    /// The URL that it reports to listen on.
    url: Receiver<String>,
    output: JoinHandle<String>,
    errors: JoinHandle<String>,
}

impl Process {
    /// Starts a server, and waits until it reports its address.
    pub(super) async fn serve(
        role: &str,
        arguments: &[String],
        variables: &HashMap<String, String>,
    ) -> anyhow::Result<(Self, String)> {
        let mut process = Self::run(role, arguments, variables)?;
        let url = timeout(PATIENCE, &mut process.url).await;
        match url.with_context(|| format!("{role} does not listen"))? {
            Ok(url) => Ok((process, url)),
            Err(_) => bail!("{role} ended: {}", process.errors.await?),
        }
    }

    /// Starts a program that is not a server.
    pub(super) fn run(
        role: &str,
        arguments: &[String],
        variables: &HashMap<String, String>,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program)
            .arg(role)
            .args(arguments)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{role} does not start"))?;
        let (sender, url) = oneshot::channel();
        Ok(Self {
            role: role.to_owned(),
            output: tokio::spawn(read(child.stdout.take(), Some(sender))),
            errors: tokio::spawn(read(child.stderr.take(), None)),
            child,
            url,
        })
    }

    /// Asks the process to end, and returns its output.
    pub(super) async fn stop(self) -> anyhow::Result<String> {
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            kill_process(id, Signal::TERM).with_context(|| format!("{} runs on", self.role))?;
        }
        self.end().await
    }

    /// Waits for the process to end, and returns its output.
    pub(super) async fn end(mut self) -> anyhow::Result<String> {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended.with_context(|| format!("{} does not end", self.role))??;
        if status.code().is_some_and(|code| code != 0) {
            bail!("{} ended with {status}: {}", self.role, self.errors.await?);
        }
        Ok(self.output.await?)
    }
}

/// Reads all lines of a stream. The first one with a listening address is reported at once.
async fn read(stream: Option<impl AsyncRead + Unpin>, mut url: Option<Sender<String>>) -> String {
    let mut text = String::new();
    let Some(stream) = stream else { return text };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, address)) = line.split_once(" listens on ")
            && let Some(url) = url.take()
        {
            // The receiver may have stopped waiting.
            url.send(address.to_owned()).ok();
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}
