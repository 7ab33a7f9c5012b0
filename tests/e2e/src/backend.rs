//! A running otel-backend.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{program, run, unused_port, unused_udp_port};

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
    jaeger_compact: u16,
    jaeger_binary: u16,
    zipkin: u16,
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
            jaeger_compact: unused_udp_port(),
            jaeger_binary: unused_udp_port(),
            zipkin: unused_port(),
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

    /// The port of each protocol, as trace-check names them.
    pub fn receivers(&self) -> [(&'static str, u16); 8] {
        let ports = self.ports;
        [
            ("thrift-http", ports.jaeger_thrift),
            ("thrift-compact", ports.jaeger_compact),
            ("thrift-binary", ports.jaeger_binary),
            ("jaeger-grpc", ports.jaeger_grpc),
            ("otlp-grpc", ports.otlp_grpc),
            ("otlp-http", ports.otlp_http),
            ("otlp-json", ports.otlp_http),
            ("zipkin", ports.zipkin),
        ]
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
        .args(["--jaeger-compact-port", &ports.jaeger_compact.to_string()])
        .args(["--jaeger-binary-port", &ports.jaeger_binary.to_string()])
        .args(["--zipkin-port", &ports.zipkin.to_string()])
        .args(["--sampling-port", "off"])
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
