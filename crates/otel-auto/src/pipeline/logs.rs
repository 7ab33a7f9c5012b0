//! The logger provider that a configuration describes.

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LoggerProviderBuilder, SdkLogger, SdkLoggerProvider};

use crate::config::{Batch, Config, LogsExporter, Otlp, Problem};
use crate::delivery::Delivery;

pub(crate) use opentelemetry_sdk::logs::SdkLoggerProvider as LoggerProvider;

/// A provider in the making, and the counts of its exporters.
struct Pipeline<'a> {
    builder: LoggerProviderBuilder,
    batch: Batch,
    deliveries: &'a mut Vec<Delivery>,
}

/// Builds the provider, if log records go anywhere. An exporter that cannot be built is a problem
/// and is left out.
pub(super) fn build(
    config: &Config,
    resource: Resource,
    deliveries: &mut Vec<Delivery>,
    problems: &mut Vec<Problem>,
) -> Option<SdkLoggerProvider> {
    let mut pipeline = Pipeline {
        builder: SdkLoggerProvider::builder().with_resource(resource),
        batch: config.logs.batch,
        deliveries,
    };
    for exporter in &config.logs.exporters {
        let added = match exporter {
            LogsExporter::Console => pipeline.add_console(),
            LogsExporter::Otlp(settings) => pipeline.add_otlp(settings),
        };
        problems.extend(added.err());
    }
    (!config.logs.exporters.is_empty()).then(|| pipeline.builder.build())
}

/// Makes log records of the events of `tracing`.
pub(crate) fn bridge(
    logs: &SdkLoggerProvider,
) -> OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger> {
    OpenTelemetryTracingBridge::new(logs)
}

impl Pipeline<'_> {
    #[cfg(feature = "console")]
    #[expect(clippy::unnecessary_wraps, reason = "without the feature, it fails")]
    fn add_console(&mut self) -> Result<(), Problem> {
        let builder = std::mem::take(&mut self.builder);
        let exporter = crate::console::ConsoleLogExporter::stdout();
        self.builder = builder.with_simple_exporter(exporter);
        Ok(())
    }

    #[cfg(not(feature = "console"))]
    #[expect(
        clippy::unused_self,
        reason = "with the feature, it changes the pipeline"
    )]
    fn add_console(&mut self) -> Result<(), Problem> {
        Err(crate::missing::feature(
            "OTEL_LOGS_EXPORTER",
            "console",
            "console",
        ))
    }

    #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
    fn add_otlp(&mut self, settings: &Otlp) -> Result<(), Problem> {
        let delivery = Delivery::of_logs_to(&settings.endpoint);
        let delivery = delivery.with_variable(settings.endpoint_variable);
        let timeout = settings.timeout.min(self.batch.export_timeout);
        let exporter = crate::otlp::logs(settings, timeout, &delivery)?;
        let batch = crate::settings::batch_of_logs(self.batch);
        let processor = delivery.batch_of_logs(exporter, batch);
        self.deliveries.push(delivery);
        self.builder = std::mem::take(&mut self.builder).with_log_processor(processor);
        Ok(())
    }

    #[cfg(not(any(feature = "otlp-grpc", feature = "otlp-http")))]
    #[expect(
        clippy::unused_self,
        reason = "with the feature, it changes the pipeline"
    )]
    fn add_otlp(&mut self, _: &Otlp) -> Result<(), Problem> {
        let feature = "otlp-http or otlp-grpc";
        Err(crate::missing::feature(
            "OTEL_LOGS_EXPORTER",
            "otlp",
            feature,
        ))
    }
}
