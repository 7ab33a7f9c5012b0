//! Forwarding over TLS, to an endpoint that a known authority has signed for.

use std::sync::Arc;

use test_kit::tls::{CA_FILE, CERTIFICATE_FILE, Clients, server_config};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{FORWARDED, counted, reaches, send};
use crate::protocols::stored;
use crate::support::{Backend, command, refused};

/// A port that speaks TLS and passes on to `address` what is in it.
async fn behind_tls(address: String) -> u16 {
    let mut config = server_config(Clients::Anybody);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, address) = (acceptor.clone(), address.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate ends the connection.
                if let Ok(mut inside) = acceptor.accept(stream).await {
                    let mut outside = TcpStream::connect(address).await.unwrap();
                    copy_bidirectional(&mut inside, &mut outside).await.ok();
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn an_endpoint_is_trusted_by_the_authority_that_is_named() {
    for (listener, protocol) in [("OTLP HTTP", "http/protobuf"), ("OTLP gRPC", "grpc")] {
        let team = Backend::in_memory();
        let port = behind_tls(team.address(listener)).await;
        let url = format!("https://localhost:{port}");
        let mut command = command(&["--memory", "--forward", &url]);
        command.args(["--forward-protocol", protocol]);
        command.env("SSL_CERT_FILE", CA_FILE);
        let backend = Backend::of(command);
        send(&backend, 1).await;
        reaches(&backend, FORWARDED, 1).await;
        assert_eq!(stored(&team).await, stored(&backend).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_an_unknown_authority_gets_nothing() {
    let team = Backend::in_memory();
    let port = behind_tls(team.address("OTLP HTTP")).await;
    let mut command = command(&[
        "--memory",
        "--forward",
        &format!("https://localhost:{port}"),
    ]);
    // A certificate that the authority has signed is not an authority itself.
    command.env("SSL_CERT_FILE", CERTIFICATE_FILE);
    let backend = Backend::of(command);
    send(&backend, 1).await;
    let said = backend.terminate().said;
    assert!(said.contains("UnknownIssuer"), "{said}");
    let stored = "otel_backend_spans_stored_total{protocol=\"otlp_http\"}";
    assert_eq!(counted(&team, stored).await, 0);
}

#[test]
fn without_any_authority_nothing_starts() {
    let mut command = command(&["--memory", "--forward", "https://localhost"]);
    command.env(
        "SSL_CERT_FILE",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    );
    let refusal = refused(command);
    assert_eq!(refusal.status.code(), Some(1));
    let said = &refusal.stderr;
    assert!(said.contains("no certificate of an authority"), "{said}");
}
