//! A running otel-backend.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::process::{Output, Process};
use crate::program::program;

/// The variables of otel-backend's ports; one of its tests compares them with its own list.
pub const PORTS: [&str; 10] = [
    "OTEL_BACKEND_UI_PORT",
    "OTEL_BACKEND_QUERY_GRPC_PORT",
    "OTEL_BACKEND_OTLP_GRPC_PORT",
    "OTEL_BACKEND_OTLP_HTTP_PORT",
    "OTEL_BACKEND_JAEGER_THRIFT_PORT",
    "OTEL_BACKEND_JAEGER_GRPC_PORT",
    "OTEL_BACKEND_JAEGER_COMPACT_PORT",
    "OTEL_BACKEND_JAEGER_BINARY_PORT",
    "OTEL_BACKEND_ZIPKIN_PORT",
    "OTEL_BACKEND_SAMPLING_PORT",
];

/// An otel-backend that is ready to serve. It is killed when dropped.
#[derive(Debug)]
pub struct Backend {
    process: Process,
    command: Command,
    /// The URLs of its listeners, by the names it prints.
    urls: HashMap<String, String>,
}

/// An otel-backend that was asked to end.
#[derive(Debug)]
pub struct Ending(Backend);

/// An otel-backend that has ended.
#[derive(Debug)]
pub struct Stopped {
    /// The exit status.
    pub status: ExitStatus,
    /// The text of its standard error.
    pub said: String,
    command: Command,
}

/// A command for otel-backend with these arguments, no variables, and free ports of its own choice.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program("otel-backend"));
    command.env_clear();
    command.envs(PORTS.map(|port| (port, "0")));
    command.args(arguments);
    command
}

impl Backend {
    /// Starts a backend that keeps its traces in memory.
    pub fn in_memory() -> Self {
        Self::start(&["--memory"])
    }

    /// Starts a backend that keeps its traces in a directory.
    pub fn in_directory(directory: &Path) -> Self {
        let mut command = command(&["--data-dir"]);
        command.arg(directory);
        Self::of(command)
    }

    /// Starts a backend with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(command(arguments))
    }

    /// Starts a backend from a [`command`], and waits until it is ready.
    ///
    /// # Panics
    /// If the backend ends before it is ready.
    pub fn of(mut command: Command) -> Self {
        let mut urls = HashMap::new();
        let process = Process::start(&mut command, Output::Stderr, |line| {
            urls.extend(listener(line));
            line == "otel-backend: ready"
        });
        Self {
            process: process
                .unwrap_or_else(|said| panic!("otel-backend ended before it was ready:\n{said}")),
            command,
            urls,
        }
    }

    /// A URL on the port of the trace page and the query API.
    pub fn ui(&self, path: &str) -> String {
        self.url("trace page and query API", path)
    }

    /// The URL of the query API over gRPC.
    pub fn query_grpc(&self) -> String {
        self.url("query gRPC", "")
    }

    /// A URL on the port of OTLP over HTTP.
    pub fn otlp_http(&self, path: &str) -> String {
        self.url("OTLP HTTP", path)
    }

    /// The URL of OTLP over gRPC.
    pub fn otlp_grpc(&self) -> String {
        self.url("OTLP gRPC", "")
    }

    /// A URL on the port of Jaeger Thrift over HTTP.
    pub fn jaeger_thrift(&self, path: &str) -> String {
        self.url("Jaeger Thrift HTTP", path)
    }

    /// The URL of Jaeger gRPC.
    pub fn jaeger_grpc(&self) -> String {
        self.url("Jaeger gRPC", "")
    }

    /// The host and port of the listener that the backend prints under this name.
    pub fn address(&self, listener: &str) -> String {
        let url = self.url(listener, "");
        let address = url.split_once("://").map(|(_, address)| address.to_owned());
        address.unwrap_or(url)
    }

    /// A URL on the listener that the backend prints under this name.
    ///
    /// # Panics
    /// If it does not print that name.
    pub fn url(&self, listener: &str, path: &str) -> String {
        let url = self.urls.get(listener);
        let url = url.unwrap_or_else(|| panic!("no {listener} among {:?}", self.urls));
        format!("{url}{path}")
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the backend as `kill -9` does.
    pub fn kill(mut self) -> Stopped {
        Stopped {
            status: self.process.kill(),
            said: self.process.said_to_the_end(),
            command: self.command,
        }
    }

    /// Ends the backend as `kill` does, and waits.
    pub fn terminate(self) -> Stopped {
        self.ask_to_end().wait()
    }

    /// Asks the backend to end, as `kill` does.
    pub fn ask_to_end(self) -> Ending {
        self.process.ask_to_end();
        Ending(self)
    }
}

impl Ending {
    /// Waits for the backend to end.
    pub fn wait(self) -> Stopped {
        let Self(mut backend) = self;
        Stopped {
            status: backend.process.wait(),
            said: backend.process.said_to_the_end(),
            command: backend.command,
        }
    }
}

impl Stopped {
    /// Starts the backend again with the same arguments, on other ports.
    pub fn restart(self) -> Backend {
        Backend::of(self.command)
    }
}

/// The name of a listener and its URL, from a line such as `otel-backend: listening on
/// http://127.0.0.1:4318 (OTLP HTTP)`.
fn listener(line: &str) -> Option<(String, String)> {
    let (url, words) = line
        .strip_prefix("otel-backend: listening on ")?
        .split_once(" (")?;
    Some((words.strip_suffix(')')?.to_owned(), url.to_owned()))
}
