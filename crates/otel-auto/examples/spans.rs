//! Makes two nested spans; the environment decides where they go.
//!
//! ```sh
//! OTEL_TRACES_EXPORTER=console OTEL_SERVICE_NAME=demo cargo run -p otel-auto --example spans
//! ```

fn main() {
    let telemetry = otel_auto::init();
    tracing::info_span!("client").in_scope(|| {
        tracing::info_span!("client-server", param = "testing").in_scope(|| {
            tracing::info!("work");
        });
    });
    telemetry.shutdown();
}
