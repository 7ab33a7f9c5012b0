//! What an exporter around another leaves to that one.

/// Defines the methods of a `SpanExporter`, or of a `LogExporter`, that `self.exporter` answers.
macro_rules! left_to_exporter {
    (SpanExporter) => {
        crate::left::left_to_exporter!(LogExporter);

        fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
            self.exporter.force_flush()
        }
    };
    (LogExporter) => {
        fn shutdown_with_timeout(
            &self,
            timeout: std::time::Duration,
        ) -> opentelemetry_sdk::error::OTelSdkResult {
            self.exporter.shutdown_with_timeout(timeout)
        }

        // Some exporters implement only `shutdown`, not `shutdown_with_timeout`.
        fn shutdown(&self) -> opentelemetry_sdk::error::OTelSdkResult {
            self.exporter.shutdown()
        }

        fn set_resource(&mut self, resource: &opentelemetry_sdk::Resource) {
            self.exporter.set_resource(resource);
        }
    };
}

pub(crate) use left_to_exporter;
