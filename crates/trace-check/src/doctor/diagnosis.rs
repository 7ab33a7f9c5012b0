//! The stages of the path, and the diagnoses.

use serde::Serialize;

/// A stage of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Reading the variables.
    Variables,
    /// Exporting spans.
    Exporter,
    /// Sampling spans.
    Sampler,
    /// Resolving the host name.
    Name,
    /// Connecting to the port.
    Port,
    /// The TLS handshake.
    Tls,
    /// Sending spans in the receiver's protocol, and their acknowledgement.
    Receiver,
    /// Comparing the two clocks.
    Clock,
    /// Finding the trace in the backend.
    Store,
}

impl Stage {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Variables => "variables",
            Self::Exporter => "exporter",
            Self::Sampler => "sampler",
            Self::Name => "name",
            Self::Port => "port",
            Self::Tls => "TLS",
            Self::Receiver => "receiver",
            Self::Clock => "clock",
            Self::Store => "store",
        }
    }
}

/// The reason why a hop fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Diagnosis {
    /// A variable has an unknown name or an invalid value.
    VariableNotUnderstood,
    /// The SDK is disabled.
    SdkDisabled,
    /// Spans are not exported to a backend.
    NotExported,
    /// Spans are not sampled.
    SampledOut,
    /// The endpoint is not a valid address.
    EndpointInvalid,
    /// The host name is unknown.
    NameNotResolved,
    /// Nothing listens on the port.
    PortClosed,
    /// The port is open only for its own machine or container.
    ListensOnLocalhost,
    /// There is no answer.
    Unreachable,
    /// The sender uses plaintext, the receiver TLS.
    PlaintextAgainstTls,
    /// The sender uses TLS, the receiver plaintext.
    TlsAgainstPlaintext,
    /// The receiver's certificate is not trusted.
    CertificateNotTrusted,
    /// The sender uses gRPC, the receiver another protocol over HTTP.
    GrpcAgainstHttp,
    /// The sender uses HTTP, the receiver gRPC.
    HttpAgainstGrpc,
    /// The port receives another tracing protocol.
    OtherProtocol,
    /// The receiver of this protocol is disabled, or has another path.
    ReceiverOff,
    /// The receiver refuses the spans and gives a reason.
    Refused,
    /// The receiver accepted the span, but the backend does not know its trace.
    NotStored,
    /// The backend knows the trace, but returns it empty.
    StoredEmpty,
    /// The clocks differ by so much that the trace is searched for at another time.
    ClockWrong,
}

/// The result of a hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "failure")]
pub enum State {
    /// The hop works.
    Fine,
    /// The hop cannot be checked.
    NotChecked,
    /// Spans are lost in this hop.
    Failed(Failure),
}

/// The diagnosis and the advice for a hop that loses spans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The diagnosis.
    pub diagnosis: Diagnosis,
    /// The advice.
    pub advice: String,
}

/// A hop of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// The stage.
    pub stage: Stage,
    /// The observation.
    pub seen: String,
    /// The result.
    #[serde(flatten)]
    pub state: State,
}

impl Hop {
    pub(super) fn fine(stage: Stage, seen: impl Into<String>) -> Self {
        Self {
            stage,
            seen: seen.into(),
            state: State::Fine,
        }
    }

    pub(super) fn not_checked(stage: Stage, seen: impl Into<String>) -> Self {
        Self {
            stage,
            seen: seen.into(),
            state: State::NotChecked,
        }
    }

    pub(super) fn failed(
        stage: Stage,
        diagnosis: Diagnosis,
        seen: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            stage,
            seen: seen.into(),
            state: State::Failed(Failure {
                diagnosis,
                advice: advice.into(),
            }),
        }
    }
}
