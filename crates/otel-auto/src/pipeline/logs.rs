//! Builds the logger provider from a configuration.

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::Resource;
#[cfg(feature = "console")]
use opentelemetry_sdk::logs::BatchLogProcessor;
use opentelemetry_sdk::logs::{LoggerProviderBuilder, SdkLogger, SdkLoggerProvider};

use crate::config::{Batch, Config, LogsExporter, Otlp, Problem, Processor};
use crate::delivery::Delivery;
use crate::settings;

pub(crate) use opentelemetry_sdk::logs::SdkLoggerProvider as LoggerProvider;

/// A provider under construction, and the counts of its exporters.
struct Pipeline<'a> {
    builder: LoggerProviderBuilder,
    deliveries: &'a mut Vec<Delivery>,
}

/// Builds the provider if log records are exported. An exporter that cannot be built is left out
/// and reported as a problem.
pub(super) fn build(
    config: &Config,
    resource: Resource,
    deliveries: &mut Vec<Delivery>,
    problems: &mut Vec<Problem>,
) -> Option<SdkLoggerProvider> {
    let mut pipeline = Pipeline {
        builder: SdkLoggerProvider::builder().with_resource(resource),
        deliveries,
    };
    for processor in &config.logs.processors {
        problems.extend(pipeline.add(processor).err());
    }
    (!config.logs.processors.is_empty()).then(|| pipeline.builder.build())
}

/// Makes log records from `tracing` events.
pub(crate) fn bridge(
    logs: &SdkLoggerProvider,
) -> OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger> {
    OpenTelemetryTracingBridge::new(logs)
}

impl Pipeline<'_> {
    fn add(&mut self, processor: &Processor<LogsExporter>) -> Result<(), Problem> {
        match &processor.exporter {
            #[cfg(feature = "console")]
            LogsExporter::Console => {
                self.add_console(processor.batch);
                Ok(())
            }
            #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
            LogsExporter::Otlp(settings) => {
                self.add_otlp(settings, settings::batch_or_single(processor.batch))
            }
            #[cfg(not(feature = "console"))]
            LogsExporter::Console => Err(crate::missing::logs("console", "console")),
            #[cfg(not(any(feature = "otlp-grpc", feature = "otlp-http")))]
            LogsExporter::Otlp(_) => Err(crate::missing::logs("otlp", "otlp-http or otlp-grpc")),
        }
    }

    #[cfg(feature = "console")]
    fn add_console(&mut self, batch: Option<Batch>) {
        let builder = std::mem::take(&mut self.builder);
        let exporter = crate::console::ConsoleLogExporter::stdout();
        self.builder = match batch {
            None => builder.with_simple_exporter(exporter),
            Some(batch) => {
                let batch = settings::batch_of_logs(batch);
                builder.with_log_processor(
                    BatchLogProcessor::builder(exporter)
                        .with_batch_config(batch)
                        .build(),
                )
            }
        };
    }

    #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
    fn add_otlp(&mut self, settings: &Otlp, batch: Batch) -> Result<(), Problem> {
        let delivery = Delivery::of_logs_to(&settings.endpoint);
        let delivery = delivery.with_variable(settings.endpoint_variable);
        let timeout = settings.timeout.min(batch.export_timeout);
        let exporter = crate::otlp::logs(settings, timeout, &delivery)?;
        let batch = settings::batch_of_logs(batch);
        let processor = delivery.batch_of_logs(exporter, batch);
        self.deliveries.push(delivery);
        self.builder = std::mem::take(&mut self.builder).with_log_processor(processor);
        Ok(())
    }
}
