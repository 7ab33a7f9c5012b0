//! Calls over gRPC, with messages that are already encoded.

use bytes::{Buf as _, BufMut as _, Bytes};
use tokio::runtime::Runtime;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use super::{Receiver, Security, SendError, TIMEOUT};
use crate::protocol::Protocol;

#[derive(Debug)]
pub(super) struct Client {
    runtime: Runtime,
    channel: Channel,
    receiver: Receiver,
    headers: Vec<(String, String)>,
}

impl Client {
    pub(super) fn connect(
        protocol: Protocol,
        endpoint: &str,
        security: &Security,
    ) -> Result<Self, SendError> {
        let receiver = Receiver::new(protocol, endpoint);
        let mut target = Endpoint::from_shared(endpoint.to_owned())
            .map_err(|error| receiver.wrong(&error))?
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT);
        if endpoint.starts_with("https://") {
            let tls = tls(&security.authorities);
            target = target
                .tls_config(tls)
                .map_err(|error| receiver.wrong(&error))?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| receiver.wrong(&error))?;
        let channel = runtime.block_on(target.connect());
        let channel = channel.map_err(|error| receiver.unreachable(&causes(&error)))?;
        Ok(Self {
            runtime,
            channel,
            receiver,
            headers: security.headers.clone(),
        })
    }

    /// Calls the protocol's method for spans and returns the answer.
    pub(super) fn call(&mut self, message: Vec<u8>) -> Result<Vec<u8>, SendError> {
        self.call_method(self.receiver.protocol.path(), message)
    }

    /// Calls a method and returns the answer.
    pub(super) fn call_method(
        &mut self,
        method: &'static str,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, SendError> {
        let mut request = Request::new(Bytes::from(message));
        for (name, value) in &self.headers {
            let name = name.to_lowercase().parse::<AsciiMetadataKey>();
            if let (Ok(name), Ok(value)) = (name, value.parse::<AsciiMetadataValue>()) {
                request.metadata_mut().insert(name, value);
            }
        }
        let path = http::uri::PathAndQuery::from_static(method);
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        let answer = self.runtime.block_on(async {
            client
                .ready()
                .await
                .map_err(|error| Status::unavailable(causes(&error)))?;
            client.unary(request, path, Raw).await
        });
        answer
            .map(|answer| answer.into_inner().to_vec())
            .map_err(|status| self.failure(&status))
    }

    fn failure(&self, status: &Status) -> SendError {
        // A status from the server has no source.
        if std::error::Error::source(status).is_some() {
            return self.receiver.unreachable(&causes(status));
        }
        let code = format!("{:?}", status.code());
        self.receiver.refused(&code, &status.message())
    }
}

fn tls(authorities: &[u8]) -> ClientTlsConfig {
    let config = ClientTlsConfig::new();
    if !authorities.is_empty() {
        return config.ca_certificate(Certificate::from_pem(authorities));
    }
    let system = rustls_native_certs::load_native_certs().certs;
    let anchors = system.iter().filter_map(|der| {
        let mut store = rustls::RootCertStore::empty();
        store.add(der.clone()).ok()?;
        store.roots.pop()
    });
    config.trust_anchors(anchors)
}

/// An error and its causes, without repetitions.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

/// Passes messages through as bytes, in both directions.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let len = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(len)))
    }
}
