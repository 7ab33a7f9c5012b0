//! The tracer provider that a configuration describes.

mod logs;

use std::mem;

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter, TracerProviderBuilder};

use crate::config::{Batch, Config, Exporter, Problem};
use crate::cut::Cut;
use crate::delivery::Delivery;
use crate::sampling::CountingSampler;
use crate::{ConsoleExporter, jaeger, otlp, settings};

/// A provider in the making, and the counts of its exporters.
struct Pipeline {
    builder: TracerProviderBuilder,
    batch: Batch,
    value_length: Option<usize>,
    deliveries: Vec<Delivery>,
}

/// A provider, and the counts of what becomes of its spans.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) provider: SdkTracerProvider,
    /// `None` where log records go nowhere.
    pub(crate) logs: Option<SdkLoggerProvider>,
    pub(crate) sampler: CountingSampler,
    /// One for each exporter that sends.
    pub(crate) deliveries: Vec<Delivery>,
}

/// Builds the provider. An exporter that cannot be built is a problem and is left out.
pub(crate) fn build(config: &Config, problems: &mut Vec<Problem>) -> Built {
    let sampler = CountingSampler::new(settings::sampler(&config.sampler));
    let resource = settings::resource(&config.resource);
    let mut pipeline = Pipeline {
        builder: SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(sampler.clone())
            .with_span_limits(settings::limits(&config.limits)),
        batch: config.batch,
        value_length: config.limits.value_length,
        deliveries: Vec::new(),
    };
    for exporter in &config.exporters {
        problems.extend(pipeline.add(exporter).err());
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
    fn add(&mut self, exporter: &Exporter) -> Result<(), Problem> {
        match exporter {
            Exporter::Console => {
                let builder = mem::take(&mut self.builder);
                self.builder = builder.with_simple_exporter(self.cut(ConsoleExporter::stdout()));
            }
            Exporter::Otlp(settings) => {
                let delivery =
                    Delivery::to(&settings.endpoint).with_variable(settings.endpoint_variable);
                let timeout = settings.timeout.min(self.batch.export_timeout);
                let exporter = otlp::spans(settings, timeout, &delivery)?;
                self.send(delivery, exporter);
            }
            Exporter::Jaeger(settings) => {
                let timeout = settings.timeout.min(self.batch.export_timeout);
                let exporter = jaeger::exporter(settings, timeout)?;
                self.send(exporter.delivery().clone(), exporter);
            }
        }
        Ok(())
    }

    fn send(&mut self, delivery: Delivery, exporter: impl SpanExporter + 'static) {
        let processor =
            delivery.batch_with_config(self.cut(exporter), settings::batch_of_spans(self.batch));
        self.builder = mem::take(&mut self.builder).with_span_processor(processor);
        self.deliveries.push(delivery);
    }

    fn cut<E>(&self, exporter: E) -> Cut<E> {
        Cut::new(exporter, self.value_length)
    }
}
