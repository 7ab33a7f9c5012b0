//! Finds out which protocol a port speaks, by trying.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use crate::protocol::Protocol;
use crate::send::{Security, SendError, Sender};

/// Returns true if the port speaks TLS, with any certificate.
pub(super) fn speaks_tls(address: SocketAddr, timeout: Duration) -> bool {
    shake_hands(address, timeout).is_some()
}

/// A complete handshake that accepts any certificate.
fn shake_hands(address: SocketAddr, timeout: Duration) -> Option<()> {
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    stream.set_write_timeout(Some(timeout)).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    // A server that requires a client certificate breaks off, but it does speak TLS.
    while connection.is_handshaking() {
        if connection.wants_write() {
            connection.write_tls(&mut stream).ok()?;
        }
        if connection.wants_read() {
            if connection.read_tls(&mut stream).ok()? == 0 {
                return None;
            }
            match connection.process_new_packets() {
                Ok(_) | Err(Error::AlertReceived(_)) => {}
                Err(_) => return None,
            }
        }
    }
    Some(())
}

/// Returns true if the port speaks HTTP/1.
pub(super) fn speaks_http1(address: SocketAddr, timeout: Duration) -> bool {
    let request = b"OPTIONS / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    ask(address, timeout, request).is_some_and(|answer| answer.starts_with(b"HTTP/1."))
}

/// Returns true if the port speaks HTTP/2 without negotiation, as gRPC does. A server's first frame
/// is its settings (RFC 9113, 3.4).
pub(super) fn speaks_http2(address: SocketAddr, timeout: Duration) -> bool {
    const SETTINGS: u8 = 4;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    ask(address, timeout, preface).is_some_and(|answer| answer.get(3) == Some(&SETTINGS))
}

/// Sends bytes and returns the first bytes of the answer.
fn ask(address: SocketAddr, timeout: Duration, question: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    stream.write_all(question).ok()?;
    let mut answer = Vec::new();
    let mut buffer = [0; 64];
    while answer.len() < 9 {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(len) => answer.extend(buffer.get(..len)?),
        }
    }
    Some(answer)
}

/// The tracing protocols that are received at an authority, `HOST:PORT`.
pub(super) fn received(authority: &str, tls: bool, security: &Security) -> Vec<Protocol> {
    let scheme = if tls { "https" } else { "http" };
    let speaks = |protocol: &Protocol| {
        let path = if protocol.is_grpc() {
            ""
        } else {
            protocol.path()
        };
        let endpoint = format!("{scheme}://{authority}{path}");
        let knocked =
            Sender::connect(*protocol, &endpoint, security).and_then(|mut sender| sender.knock());
        match knocked {
            Ok(()) => true,
            Err(SendError::Refused { status, .. }) => !is_no_receiver(&status),
            Err(_) => false,
        }
    };
    Protocol::ALL
        .into_iter()
        .filter(|protocol| !protocol.is_udp() && *protocol != Protocol::OtlpJson)
        .filter(speaks)
        .collect()
}

/// Returns true if a status means that there is no such receiver, and not that it refused the
/// request.
pub(super) fn is_no_receiver(status: &str) -> bool {
    let code = status.split(' ').next().unwrap_or_default();
    matches!(code, "404" | "405" | "501" | "Unimplemented")
}

/// Accepts every certificate, since nothing secret is sent.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
