//! What can be wrong.

use serde::Serialize;

/// A stretch of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The variables are read.
    Variables,
    /// Spans are exported.
    Exporter,
    /// Spans are sampled.
    Sampler,
    /// The host's name becomes an address.
    Name,
    /// The port takes connections.
    Port,
    /// Both sides agree on TLS.
    Tls,
    /// Both sides speak the same protocol, and the spans are acknowledged.
    Receiver,
    /// Both clocks agree.
    Clock,
    /// The trace is stored.
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

/// What is wrong with a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Diagnosis {
    /// A variable has a value, or a name, that nobody understands.
    VariableNotUnderstood,
    /// The SDK is switched off.
    SdkDisabled,
    /// Spans are not exported to a backend.
    NotExported,
    /// Spans are not sampled.
    SampledOut,
    /// The endpoint is no address.
    EndpointInvalid,
    /// The host's name is unknown.
    NameNotResolved,
    /// Nothing listens at the port.
    PortClosed,
    /// Something listens at the port, but only for its own machine or container.
    ListensOnLocalhost,
    /// Nobody answers.
    Unreachable,
    /// The sender speaks plaintext, the receiver TLS.
    PlaintextAgainstTls,
    /// The sender speaks TLS, the receiver plaintext.
    TlsAgainstPlaintext,
    /// The receiver's certificate is not trusted.
    CertificateNotTrusted,
    /// The sender speaks gRPC, the receiver another protocol over HTTP.
    GrpcAgainstHttp,
    /// The sender speaks HTTP, the receiver gRPC.
    HttpAgainstGrpc,
    /// The port belongs to another protocol of traces.
    OtherProtocol,
    /// The receiver for this protocol is off, or has another path.
    ReceiverOff,
    /// The receiver refuses the spans, and says why.
    Refused,
    /// The receiver accepted the span, and the backend does not know its trace.
    NotStored,
    /// The backend knows the trace, and there is nothing in it.
    StoredEmpty,
    /// The clocks are apart by so much that the trace is looked for at another time.
    ClockWrong,
}

/// What became of a hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "failure")]
pub enum State {
    /// It is passed.
    Fine,
    /// It cannot be looked at.
    NotChecked,
    /// It is where spans are lost.
    Failed(Failure),
}

/// Where and why spans are lost, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// What to do.
    pub advice: String,
}

/// One hop of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Which one.
    pub stage: Stage,
    /// What was seen.
    pub seen: String,
    /// What became of it.
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
