//! The Jaeger exporter configured by the environment.

use std::time::Duration;

use jaeger_exporter::{BuildError, SpanExporter, Stats, UdpBuilder};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

use crate::config::{Agent, Jaeger, JaegerProtocol, Problem, ProblemKind};
use crate::delivery::Delivery;

/// An exporter that reports partly sent batches, which UDP can cause.
#[derive(Debug)]
pub(crate) struct JaegerExporter {
    exporter: SpanExporter,
    stats: Stats,
    delivery: Delivery,
}

/// Makes the exporter for `settings`; each export takes at most `timeout`.
pub(crate) fn exporter(settings: &Jaeger, timeout: Duration) -> Result<JaegerExporter, Problem> {
    let exporter = build(settings, timeout).map_err(problem)?;
    Ok(JaegerExporter {
        stats: exporter.stats(),
        delivery: Delivery::to(exporter.endpoint()).with_variable(settings.endpoint_variable),
        exporter,
    })
}

fn build(settings: &Jaeger, timeout: Duration) -> Result<SpanExporter, BuildError> {
    let Jaeger {
        protocol, endpoint, ..
    } = settings;
    let lookup = |name: &str| secret_or_file(settings, name);
    match (protocol, &settings.agent) {
        (JaegerProtocol::HttpThrift, _) => SpanExporter::http()
            .with_env(lookup)
            .with_endpoint(endpoint)
            .with_timeout(timeout)
            .build(),
        (JaegerProtocol::Grpc, _) => SpanExporter::grpc()
            .with_env(lookup)
            .with_endpoint(endpoint)
            .with_timeout(timeout)
            .build(),
        (JaegerProtocol::UdpCompact, agent) => udp(agent.as_ref()).compact().build(),
        (JaegerProtocol::UdpBinary, agent) => udp(agent.as_ref()).binary().build(),
    }
}

fn udp(agent: Option<&Agent>) -> UdpBuilder {
    let builder = SpanExporter::udp().with_env(|_| None);
    match agent {
        Some(agent) => builder.with_host(&agent.host).with_port(agent.port),
        None => builder,
    }
}

/// The settings that the exporter reads by the name of a variable, so that its errors name the
/// variable.
fn secret_or_file(settings: &Jaeger, name: &str) -> Option<String> {
    let tls = &settings.tls;
    let files = [&tls.certificate, &tls.client_key, &tls.client_certificate];
    match name {
        "OTEL_EXPORTER_JAEGER_USER" => settings.user.clone(),
        "OTEL_EXPORTER_JAEGER_PASSWORD" => {
            let password = settings.password.as_ref()?;
            Some(password.expose().to_owned())
        }
        _ => {
            let mut files = files.into_iter().flatten();
            let file = files.find(|file| file.variable == name)?;
            Some(file.path.to_string_lossy().into_owned())
        }
    }
}

impl JaegerExporter {
    /// The count of the spans' outcome.
    pub(crate) fn delivery(&self) -> &Delivery {
        &self.delivery
    }
}

/// The settings have been checked, so only files and threads can fail.
fn problem(error: BuildError) -> Problem {
    let (variable, value, reason) = match error {
        BuildError::Setting {
            setting,
            value,
            expected,
        } => (setting, value, format!("accepted: {expected}")),
        BuildError::File {
            setting,
            path,
            source,
        } => (setting, path.display().to_string(), source.to_string()),
        BuildError::Tls { endpoint, reason } => ("OTEL_EXPORTER_JAEGER_ENDPOINT", endpoint, reason),
        other => (
            "OTEL_TRACES_EXPORTER",
            "jaeger".to_owned(),
            other.to_string(),
        ),
    };
    let message = format!("{reason}; no spans are sent to Jaeger");
    Problem::new(ProblemKind::Failed, variable, value, message)
}

impl opentelemetry_sdk::trace::SpanExporter for JaegerExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let before = self.stats.exported();
        match self.exporter.export(batch).await {
            Err(OTelSdkError::InternalFailure(reason)) if self.stats.exported() > before => {
                let exported = self.stats.exported() - before;
                self.delivery.reject(count.saturating_sub(exported), reason);
                Ok(())
            }
            result => result,
        }
    }

    crate::left::left_to_exporter!(SpanExporter);
}
