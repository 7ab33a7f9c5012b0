//! Log records: sent by the three protocols of OTLP, read back by otel-backend's own API, and compared
//! field by field.
//!
//! Other backends keep no log records, or answer for them by APIs that are not read here.

mod compare;
pub(crate) mod record;

use serde::Serialize;

use crate::model::Plan;
use crate::protocol::Protocol;
use crate::prove::Tally;
use crate::read::{Backend, Kind, ReadError, read_logs};
use crate::roundtrip::Settings;
use crate::send::{Security, SendError, Sender};
use compare::{attack, defects};
use record::{Record, records};

/// What came of the log records of one protocol.
#[derive(Debug, Serialize)]
pub struct LogLane {
    /// By which they went.
    pub protocol: Protocol,
    /// How many were sent.
    pub sent: usize,
    /// What was lost or changed.
    pub defects: Vec<String>,
    /// Why nothing could be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The changes of what came back, if they were to be made.
    pub mutations: Tally,
}

/// Why the log records of a protocol could not be checked.
#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Sends log records by each protocol of OTLP that is asked for, and checks what comes back. None are
/// sent to a backend that keeps none, or whose receiver is not there.
pub fn run(settings: &Settings, backend: &Backend) -> Vec<LogLane> {
    if backend.kind != Kind::OtelBackend {
        return Vec::new();
    }
    let lanes = settings
        .receivers
        .iter()
        .filter_map(|(protocol, endpoint)| {
            let is_otlp = matches!(
                protocol,
                Protocol::OtlpGrpc | Protocol::OtlpHttp | Protocol::OtlpJson
            );
            is_otlp
                .then(|| run_lane(settings, backend, *protocol, endpoint))
                .flatten()
        });
    lanes.collect()
}

fn run_lane(
    settings: &Settings,
    backend: &Backend,
    protocol: Protocol,
    endpoint: &str,
) -> Option<LogLane> {
    let service = service(&settings.plan, protocol);
    let sent = records(&settings.plan, protocol.name());
    let checked = exchange(settings, backend, protocol, endpoint, &service, &sent);
    let mut lane = LogLane {
        protocol,
        sent: sent.len(),
        defects: Vec::new(),
        failure: None,
        mutations: Tally::default(),
    };
    match checked {
        Ok(found) => {
            lane.defects = defects(&sent, &found);
            if settings.prove {
                lane.mutations = attack(&sent, &found);
            }
        }
        // What says so of spans says so of all.
        Err(LogError::Send(SendError::Unreachable { .. })) => return None,
        Err(reason) => lane.failure = Some(reason.to_string()),
    }
    Some(lane)
}

fn exchange(
    settings: &Settings,
    backend: &Backend,
    protocol: Protocol,
    endpoint: &str,
    service: &str,
    sent: &[Record],
) -> Result<Vec<Record>, LogError> {
    if !settings.check_only {
        let endpoint = endpoint.replace("/v1/traces", "/v1/logs");
        let mut sender = Sender::connect(protocol, &endpoint, &Security::default())?;
        sender.send_logs(service, sent)?;
    }
    // What otel-backend has acknowledged can be found.
    Ok(read_logs(&backend.url, service)?)
}

/// The service whose records go by a protocol. Other runs have other services.
fn service(plan: &Plan, protocol: Protocol) -> String {
    plan.service(&format!("logs-{}", protocol.name()))
}

impl LogLane {
    /// Whether something was lost or changed, or a change was not reported.
    pub fn is_whole(&self) -> bool {
        self.defects.is_empty() && self.failure.is_none() && self.mutations.survivors.is_empty()
    }
}
