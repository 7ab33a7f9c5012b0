//! Tests of exports over TLS, with and without a client certificate.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use test_kit::tls::{self, CA, CA_FILE, CERTIFICATE, CERTIFICATE_FILE, Clients, KEY, KEY_FILE};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::last_line;
use crate::program::{program, run};
use crate::receiver::Receiver;

const PROTOCOLS: [&str; 3] = ["http/protobuf", "http/json", "grpc"];

#[tokio::test]
async fn certificates_from_files_open_a_backend_that_asks_for_them() {
    for protocol in PROTOCOLS {
        let receiver = receiver(protocol).await;
        let ended = run(exporting(protocol, &receiver)
            .env("OTEL_EXPORTER_OTLP_CERTIFICATE", CA_FILE)
            .env("OTEL_EXPORTER_OTLP_CLIENT_KEY", KEY_FILE)
            .env("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", CERTIFICATE_FILE))
        .await;
        assert_eq!(
            receiver.span_names(),
            ["client-server", "client"],
            "{protocol}"
        );
        assert!(
            ended.stderr.ends_with("2 acknowledged, 0 lost\n"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_gets_no_spans() {
    for protocol in PROTOCOLS {
        let receiver = receiver(protocol).await;
        let ended = run(&mut exporting(protocol, &receiver)).await;
        assert!(receiver.requests().is_empty());
        let report = last_line(&ended.stderr);
        assert!(report.contains("0 acknowledged, 2 lost"), "{report}");
        assert!(report.contains("UnknownIssuer"), "{report}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_reported_at_the_start() {
    let cases = [
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "/nowhere.pem",
            "No such file",
        ),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", KEY_FILE, "no PEM block"),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            KEY_FILE,
            "no client certificate",
        ),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            CERTIFICATE_FILE,
            "no client key",
        ),
    ];
    let receiver = receiver("http/protobuf").await;
    for (variable, file, reason) in cases {
        let ended = run(exporting("http/protobuf", &receiver).env(variable, file)).await;
        let report = ended.stderr.lines().next().unwrap_or_default();
        for part in [variable, file, reason, "nothing is sent over OTLP"] {
            assert!(report.contains(part), "{part} is not in: {report}");
        }
    }
    assert!(receiver.requests().is_empty());
}

fn exporting(protocol: &str, receiver: &Receiver) -> Command {
    let mut command = program("spans", &[]);
    let endpoint = format!("https://localhost:{}", receiver.address.port());
    command
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    command
}

async fn receiver(protocol: &str) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    if protocol == "grpc" {
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(CERTIFICATE, KEY))
            .client_ca_root(Certificate::from_pem(CA));
        return Receiver::grpc_over_tls(listener, tls);
    }
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls::server_config(Clients::WithCertificate)));
    Receiver::http_on(TlsListener { listener, acceptor }, address)
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    /// The client reports a failed handshake.
    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, peer) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
