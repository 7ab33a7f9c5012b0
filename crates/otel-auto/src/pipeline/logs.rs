//! The logger provider that a configuration describes.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;

use crate::config::{Config, LogsExporter, Problem};
use crate::console::ConsoleLogExporter;
use crate::delivery::Delivery;
use crate::otlp;

/// Builds the provider, if log records go anywhere. An exporter that cannot be built is a problem
/// and is left out.
pub(super) fn build(
    config: &Config,
    resource: Resource,
    deliveries: &mut Vec<Delivery>,
    problems: &mut Vec<Problem>,
) -> Option<SdkLoggerProvider> {
    let mut builder = SdkLoggerProvider::builder().with_resource(resource);
    for exporter in &config.logs.exporters {
        builder = match exporter {
            LogsExporter::Console => builder.with_simple_exporter(ConsoleLogExporter::stdout()),
            LogsExporter::Otlp(settings) => {
                let delivery = Delivery::of_logs_to(&settings.endpoint)
                    .with_variable(settings.endpoint_variable);
                let timeout = settings.timeout.min(config.logs.batch.export_timeout);
                match otlp::logs(settings, timeout, &delivery) {
                    Ok(exporter) => {
                        let batch = crate::settings::batch_of_logs(config.logs.batch);
                        let processor = delivery.batch_of_logs(exporter, batch);
                        deliveries.push(delivery);
                        builder.with_log_processor(processor)
                    }
                    Err(problem) => {
                        problems.push(problem);
                        builder
                    }
                }
            }
        };
    }
    (!config.logs.exporters.is_empty()).then(|| builder.build())
}
