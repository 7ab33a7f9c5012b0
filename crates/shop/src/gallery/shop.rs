//! A complete shop: every role as a process, on ports of its own.

use std::collections::HashMap;

use super::exhibit::{Exhibit, Shown};
use super::printed;
use super::process::Process;
use crate::load::Visit;

/// The destination of the spans of the roles.
pub(super) struct Telemetry {
    /// The endpoint to send to and check; `None` if the environment decides and nothing is checked.
    pub(super) checked_endpoint: Option<String>,
}

/// The running roles.
pub(super) struct Shop {
    frontend: String,
    roles: Vec<Process>,
}

impl Telemetry {
    /// The variables of a role. If its spans are checked, it also prints them.
    fn variables(&self, role: &str) -> HashMap<String, String> {
        let mut variables = vec![
            ("OTEL_SERVICE_NAME", role),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ];
        if let Some(endpoint) = &self.checked_endpoint {
            variables.extend([
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                ("OTEL_TRACES_EXPORTER", "otlp,console"),
                ("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
                ("OTEL_PROPAGATORS", "tracecontext"),
                ("OTEL_SDK_DISABLED", "false"),
            ]);
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        variables.into_iter().map(owned).collect()
    }
}

impl Shop {
    /// Starts a shop with the trouble of `exhibit`, visits it, and stops it.
    pub(super) async fn show(
        telemetry: &Telemetry,
        exhibit: &'static Exhibit,
    ) -> anyhow::Result<Shown> {
        let shop = Self::start(telemetry, Some(exhibit)).await?;
        let (visits, mut printed) = shop.visit(telemetry, exhibit).await?;
        printed.push_str(&shop.stop().await?);
        Ok(Shown {
            exhibit,
            visits,
            printed: printed::by_trace(&printed),
        })
    }

    /// Starts all roles, one of them with the trouble of `exhibit`.
    pub(super) async fn start(
        telemetry: &Telemetry,
        exhibit: Option<&Exhibit>,
    ) -> anyhow::Result<Self> {
        let mut roles = Vec::new();
        let mut urls = HashMap::new();
        for (role, others) in [
            ("terminal", &[][..]),
            ("payment", &["terminal"]),
            ("catalogue", &[]),
            ("cart", &["catalogue", "payment"]),
            ("frontend", &["catalogue", "cart"]),
        ] {
            let mut arguments = vec!["--listen=127.0.0.1:0".to_owned()];
            arguments.extend(
                others
                    .iter()
                    .map(|other| format!("--{other}={}", urls[other])),
            );
            let mut variables = telemetry.variables(role);
            if let Some(exhibit) = exhibit.filter(|exhibit| exhibit.role == role) {
                arguments.push(format!("--trouble={}", exhibit.trouble));
                let more = exhibit.variables.iter();
                variables.extend(more.map(|(name, value)| (name.to_string(), value.to_string())));
            }
            let (process, url) = Process::serve(role, &arguments, &variables).await?;
            roles.push(process);
            urls.insert(role, url);
        }
        let frontend = urls.remove("frontend").unwrap_or_default();
        Ok(Self { frontend, roles })
    }

    /// Starts visitors who keep coming until they are stopped.
    pub(super) fn open(&self, telemetry: &Telemetry) -> anyhow::Result<Process> {
        self.load(telemetry, &["--pause=150".to_owned()])
    }

    /// Makes the visits of an exhibit; returns them, and the output of the visitors.
    pub(super) async fn visit(
        &self,
        telemetry: &Telemetry,
        exhibit: &Exhibit,
    ) -> anyhow::Result<(Vec<Visit>, String)> {
        let arguments = exhibit.load.arguments();
        let printed = self.load(telemetry, &arguments)?.end().await?;
        let lines = printed.lines().filter(|line| line.starts_with("{\""));
        let visits = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok((visits, printed))
    }

    fn load(&self, telemetry: &Telemetry, more: &[String]) -> anyhow::Result<Process> {
        let mut arguments = vec![format!("--frontend={}", self.frontend)];
        arguments.extend_from_slice(more);
        Process::run("load", &arguments, &telemetry.variables("load"))
    }

    /// Stops all roles, after their last spans are sent, and returns their output.
    pub(super) async fn stop(self) -> anyhow::Result<String> {
        let mut printed = String::new();
        // The frontend first, so that a role is stopped only when no other calls it.
        for role in self.roles.into_iter().rev() {
            printed.push_str(&role.stop().await?);
        }
        Ok(printed)
    }
}
