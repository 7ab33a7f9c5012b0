//! Sends log records by the three forms of OTLP, reads them back through otel-backend's API, and
//! compares them field by field.
//!
//! Other backends do not store log records, or have APIs that are not supported here.

mod compare;

use serde::Serialize;

use super::Settings;
use crate::model::{LogRecord, Plan, log_records};
use crate::protocol::Protocol;
use crate::prove::Tally;
use crate::read::{Backend, Kind, ReadError, read_logs};
use crate::send::{Security, SendError, Sender};
use compare::{attack, defects};

/// The result for the log records of one protocol.
#[derive(Debug, Serialize)]
pub struct LogLane {
    /// The protocol.
    pub protocol: Protocol,
    /// The number of records sent.
    pub sent: usize,
    /// The records that were lost or changed.
    pub defects: Vec<String>,
    /// The reason why nothing could be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The result of the proof, if it was asked for.
    pub mutations: Tally,
}

/// The reasons why the log records of a protocol could not be checked.
#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Sends log records by each requested form of OTLP, and checks what is returned. Skips a backend
/// that does not store log records, receivers that do not exist, and a round trip of spans alone.
pub(super) fn run(settings: &Settings, backend: &Backend) -> Vec<LogLane> {
    if settings.spans_only || backend.kind != Kind::OtelBackend {
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
    let sent = log_records(&settings.plan, protocol.name());
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
        // The check of spans already reports a missing receiver.
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
    sent: &[LogRecord],
) -> Result<Vec<LogRecord>, LogError> {
    if !settings.check_only {
        let endpoint = endpoint.replace("/v1/traces", "/v1/logs");
        let mut sender = Sender::connect(protocol, &endpoint, &Security::default())?;
        sender.send_logs(service, sent)?;
    }
    // An acknowledged record can be read at once.
    Ok(read_logs(&backend.url, service)?)
}

/// The service of the records sent by a protocol, which is unique to the run.
fn service(plan: &Plan, protocol: Protocol) -> String {
    plan.service(&format!("logs-{}", protocol.name()))
}

impl LogLane {
    /// Returns true if nothing was lost or changed, and the proof detected every change.
    pub fn is_whole(&self) -> bool {
        self.defects.is_empty() && self.failure.is_none() && self.mutations.survivors.is_empty()
    }
}
