//! Encodes log records as an OTLP request, and measures what they cost.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as OneOf;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message as _;

use crate::otlp::{resource, scope, text};
use crate::process::Backend;
use crate::questions::{ask, escape};
use crate::send::{Load, Protocol, Sent};
use crate::spans::{Random, SERVICES, Sketch};
use crate::template::{NANOS, span_placeholder, trace_placeholder, user_placeholder};
use crate::{Options, measure};

/// Texts to search for: one that resembles no record, and one that resembles many.
const TEXTS: [(&str, &str); 2] = [
    ("text that nothing has", "deadlock"),
    (
        "text that nothing has, but its start",
        "the request of nobody",
    ),
];

/// The number of times that each text is searched for.
const TIMES: u32 = 7;

/// Encodes a record for each span.
pub(crate) fn encode(sketches: &[Sketch]) -> Vec<u8> {
    let of_service = |service: &&str| {
        let own = sketches.iter().filter(|sketch| sketch.service == *service);
        ResourceLogs {
            resource: Some(resource(service)),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope()),
                log_records: own.map(record).collect(),
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }
    };
    let request = ExportLogsServiceRequest {
        resource_logs: SERVICES.iter().map(of_service).collect(),
    };
    request.encode_to_vec()
}

/// A record of about 200 bytes, written while its span lasted.
fn record(sketch: &Sketch) -> LogRecord {
    let mut random = Random(sketch.number);
    let user = user_placeholder(sketch.number);
    let (severity, name, body) = match random.below(20) {
        0 => (
            17,
            "ERROR",
            format!(
                "the request of {user} failed after {} attempts: upstream timed out",
                random.below(5)
            ),
        ),
        1..4 => (
            13,
            "WARN",
            format!(
                "the answer for {user} took {} ms, which is longer than usual",
                random.below(5_000)
            ),
        ),
        _ => (
            9,
            "INFO",
            format!(
                "the request of {user} for item {} was answered from the cache in {} ms",
                random.below(500),
                random.below(90)
            ),
        ),
    };
    let time = NANOS + sketch.start + sketch.duration / 2;
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: severity,
        severity_text: name.into(),
        body: Some(AnyValue {
            value: Some(OneOf::StringValue(body)),
        }),
        attributes: vec![
            text("code.function.name", "shop::cart::handle"),
            text("thread.name", &format!("worker-{}", random.below(8))),
        ],
        flags: 1,
        trace_id: trace_placeholder(sketch.trace).to_vec(),
        span_id: span_placeholder(sketch.number).to_vec(),
        ..LogRecord::default()
    }
}

/// Sends records of the spans that are sent next, and searches for texts in them.
pub(crate) fn measure(
    backend: &Backend,
    options: &Options,
    put: &mut dyn FnMut(&str, f64),
) -> anyhow::Result<()> {
    let disk = |backend: &Backend| anyhow::Ok(backend.disk_bytes()?.unwrap_or_default());
    let cpu = || anyhow::Ok(backend.usage()?.map_or(0.0, |usage| usage.cpu));
    let (disk_before, cpu_before) = (disk(backend)?, cpu()?);
    let load = Load {
        spans: options.logs,
        first_request: Load::of(options, Protocol::OtlpHttp).first_request,
        ..Load::of(options, Protocol::Logs)
    };
    let Sent {
        spans: records,
        bytes,
        took,
    } = load.send(backend)?;
    let records = records as f64;
    put("log records: bytes a record, sent", bytes as f64 / records);
    put("log records a second", records / took.as_secs_f64());
    put(
        "log records: CPU s a million",
        (cpu()? - cpu_before) * 1e6 / records,
    );
    measure::settle(backend)?;
    put(
        "log records: CPU s a million, merged",
        (cpu()? - cpu_before) * 1e6 / records,
    );
    put(
        "log records: disk, bytes a record",
        disk(backend)?.saturating_sub(disk_before) as f64 / records,
    );
    let Some(query) = backend.query() else {
        return Ok(());
    };
    for (name, searched) in TEXTS {
        let path = format!("/api/logs?text={}&limit=20", escape(searched));
        let before = cpu()?;
        let times = (0..TIMES).map(|_| ask(&query, &path));
        let mut times: Vec<Duration> = times.collect::<Result<_, _>>()?;
        times.sort();
        let median = times[times.len() / 2].as_secs_f64() * 1e3;
        put(&format!("{name}, ms a million"), median * 1e6 / records);
        put(
            &format!("{name}, CPU ms a million"),
            (cpu()? - before) * 1e9 / f64::from(TIMES) / records,
        );
    }
    Ok(())
}
