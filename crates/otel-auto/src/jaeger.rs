//! The Jaeger exporter of the environment.

use std::time::Duration;

use jaeger_exporter::{BuildError, Stats};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::config::{Jaeger, Problem};
use crate::delivery::Delivery;

/// The exporter, with the count of a batch of which only a part was sent, as over UDP.
#[derive(Debug)]
pub(crate) struct JaegerExporter {
    exporter: jaeger_exporter::SpanExporter,
    stats: Stats,
    delivery: Delivery,
}

/// Makes the exporter that `settings` describe; each export takes at most `timeout`.
pub(crate) fn exporter(settings: &Jaeger, timeout: Duration) -> Result<JaegerExporter, Problem> {
    let mut settings = settings.clone();
    settings.timeout = timeout;
    let exporter =
        jaeger_exporter::SpanExporter::from_lookup(|name| settings.get(name)).map_err(problem)?;
    Ok(JaegerExporter {
        stats: exporter.stats(),
        delivery: Delivery::to(exporter.endpoint()).with_variable(settings.endpoint_variable()),
        exporter,
    })
}

impl JaegerExporter {
    /// Where the spans go, and what becomes of them.
    pub(crate) fn delivery(&self) -> &Delivery {
        &self.delivery
    }
}

/// The settings were read before: what is left to fail are files and threads.
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
    Problem::new(variable, value, message)
}

impl SpanExporter for JaegerExporter {
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

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
