//! A running otel-backend.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{program, run, unused_port};

/// An otel-backend on ports of its own. It is killed when dropped.
#[derive(Debug)]
pub struct Backend {
    child: Child,
    ports: Ports,
}

/// Where a backend listens.
#[derive(Debug, Clone, Copy)]
struct Ports {
    ui: u16,
    otlp_grpc: u16,
    otlp_http: u16,
    jaeger_thrift: u16,
    jaeger_grpc: u16,
}

impl Backend {
    /// Starts a backend that keeps its traces in `data`, and waits until it is healthy.
    pub fn start(data: &Path) -> Self {
        let ports = Ports {
            ui: unused_port(),
            otlp_grpc: unused_port(),
            otlp_http: unused_port(),
            jaeger_thrift: unused_port(),
            jaeger_grpc: unused_port(),
        };
        Self {
            child: spawn(data, ports),
            ports,
        }
    }

    /// Kills the backend with SIGKILL and starts it again on the same ports and data.
    ///
    /// # Panics
    /// When it cannot be killed.
    #[expect(clippy::expect_used, reason = "a test whose backend stays has failed")]
    pub fn kill_and_restart(&mut self, data: &Path) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
        self.child = spawn(data, self.ports);
    }

    /// The query API and the trace page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.ui)
    }

    /// Where Thrift over HTTP is received.
    pub fn jaeger_thrift(&self) -> String {
        format!("http://127.0.0.1:{}/api/traces", self.ports.jaeger_thrift)
    }

    /// Where Jaeger gRPC is received.
    pub fn jaeger_grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.jaeger_grpc)
    }

    /// Where OTLP gRPC is received.
    pub fn otlp_grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.otlp_grpc)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

#[expect(clippy::expect_used, reason = "a test without its backend has failed")]
fn spawn(data: &Path, ports: Ports) -> Child {
    let child = Command::new(program("otel-backend"))
        .arg("--data-dir")
        .arg(data)
        .args(["--ui-port", &ports.ui.to_string()])
        .args(["--otlp-grpc-port", &ports.otlp_grpc.to_string()])
        .args(["--otlp-http-port", &ports.otlp_http.to_string()])
        .args(["--jaeger-thrift-port", &ports.jaeger_thrift.to_string()])
        .args(["--jaeger-grpc-port", &ports.jaeger_grpc.to_string()])
        .args(["--query-grpc-port", "off"])
        .args([
            "--jaeger-compact-port",
            "off",
            "--jaeger-binary-port",
            "off",
        ])
        .args(["--zipkin-port", "off", "--sampling-port", "off"])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("otel-backend starts");
    let healthy = run(Command::new(program("trace-check"))
        .arg("wait")
        .arg(format!("http://127.0.0.1:{}/health", ports.ui)));
    assert_eq!(healthy.code, Some(0), "{}", healthy.stderr);
    child
}
