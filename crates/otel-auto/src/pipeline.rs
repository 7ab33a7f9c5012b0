//! Builds the tracer provider from a configuration.

#[cfg(feature = "logs")]
pub(crate) mod logs;
#[cfg(not(feature = "logs"))]
#[path = "pipeline/no_logs.rs"]
pub(crate) mod logs;

use std::mem;

use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter, TracerProviderBuilder};

#[cfg(feature = "console")]
use crate::batch::BatchProcessor;
use crate::config::{Batch, Config, Exporter, Jaeger, Otlp, Problem, Processor};
use crate::cut::Cut;
use crate::delivery::Delivery;
use crate::sampling::CountingSampler;
use crate::settings;

/// A provider under construction, and the counts of its exporters.
struct Pipeline {
    builder: TracerProviderBuilder,
    value_length: Option<usize>,
    deliveries: Vec<Delivery>,
}

/// A provider, and the counts of its spans' outcome.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) provider: SdkTracerProvider,
    /// `None` if log records are not exported.
    pub(crate) logs: Option<logs::LoggerProvider>,
    pub(crate) sampler: CountingSampler,
    /// One count for each exporter that sends over the network.
    pub(crate) deliveries: Vec<Delivery>,
}

/// Builds the provider. An exporter that cannot be built is left out and reported as a problem.
pub(crate) fn build(config: &Config, problems: &mut Vec<Problem>) -> Built {
    let sampler = CountingSampler::new(settings::sampler(&config.sampler));
    let resource = settings::resource(&config.resource);
    let mut pipeline = Pipeline {
        builder: SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(sampler.clone())
            .with_span_limits(settings::limits(&config.limits)),
        value_length: config.limits.value_length,
        deliveries: Vec::new(),
    };
    for processor in &config.processors {
        problems.extend(pipeline.add(processor).err());
    }
    let mut deliveries = pipeline.deliveries;
    Built {
        provider: pipeline.builder.build(),
        logs: logs::build(config, resource, &mut deliveries, problems),
        sampler,
        deliveries,
    }
}

impl Pipeline {
    fn add(&mut self, processor: &Processor<Exporter>) -> Result<(), Problem> {
        match &processor.exporter {
            #[cfg(feature = "console")]
            Exporter::Console => {
                self.add_console(processor.batch);
                Ok(())
            }
            #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
            Exporter::Otlp(settings) => {
                self.add_otlp(settings, settings::batch_or_single(processor.batch))
            }
            #[cfg(feature = "jaeger")]
            Exporter::Jaeger(settings) => {
                self.add_jaeger(settings, settings::batch_or_single(processor.batch))
            }
            #[cfg(not(feature = "console"))]
            Exporter::Console => Err(crate::missing::spans("console", "console")),
            #[cfg(not(any(feature = "otlp-grpc", feature = "otlp-http")))]
            Exporter::Otlp(_) => Err(crate::missing::spans("otlp", "otlp-http or otlp-grpc")),
            #[cfg(not(feature = "jaeger"))]
            Exporter::Jaeger(_) => Err(crate::missing::spans("jaeger", "jaeger")),
        }
    }

    #[cfg(feature = "console")]
    fn add_console(&mut self, batch: Option<Batch>) {
        let exporter = self.cut(crate::ConsoleExporter::stdout());
        let builder = mem::take(&mut self.builder);
        self.builder = match batch {
            None => builder.with_simple_exporter(exporter),
            Some(batch) => builder.with_span_processor(BatchProcessor::new(exporter, batch)),
        };
    }

    #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
    fn add_otlp(&mut self, settings: &Otlp, batch: Batch) -> Result<(), Problem> {
        let delivery = Delivery::to(&settings.endpoint).with_variable(settings.endpoint_variable);
        let timeout = settings.timeout.min(batch.export_timeout);
        let exporter = crate::otlp::spans(settings, timeout, &delivery)?;
        self.send(delivery, exporter, batch);
        Ok(())
    }

    #[cfg(feature = "jaeger")]
    fn add_jaeger(&mut self, settings: &Jaeger, batch: Batch) -> Result<(), Problem> {
        let timeout = settings.timeout.min(batch.export_timeout);
        let exporter = crate::jaeger::exporter(settings, timeout)?;
        self.send(exporter.delivery().clone(), exporter, batch);
        Ok(())
    }

    fn send(&mut self, delivery: Delivery, exporter: impl SpanExporter + 'static, batch: Batch) {
        let processor = delivery.batch_with_limits(self.cut(exporter), batch);
        self.builder = mem::take(&mut self.builder).with_span_processor(processor);
        self.deliveries.push(delivery);
    }

    fn cut<E>(&self, exporter: E) -> Cut<E> {
        Cut::new(exporter, self.value_length)
    }
}

#[cfg(all(test, not(feature = "jaeger")))]
mod tests {
    use super::*;

    #[test]
    fn an_exporter_that_is_not_built_in_is_answered() {
        let jaeger = |name: &str| (name == "OTEL_TRACES_EXPORTER").then(|| "jaeger".to_owned());
        let (config, mut problems) = Config::read(&jaeger);
        let built = build(&config, &mut problems);
        assert!(built.deliveries.is_empty());
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "OTEL_TRACES_EXPORTER=\"jaeger\": this program is built without otel-auto's feature \
              jaeger; nothing is sent there"
            ]
        );
    }
}
