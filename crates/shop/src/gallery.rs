//! The gallery runs the shop with each trouble, and proves that the trouble can be found.
//!
//! Throughout the run, a shop without trouble is visited. For each exhibit a second shop is
//! started, visited, and stopped. At the end the gallery runs each exhibit's query on the backend,
//! which must find the traces of its visits and no others, and trace-check compares the spans that
//! the roles printed with those of the backend.

mod check;
mod exhibit;
mod exhibits;
mod pages;
mod printed;
mod process;
mod report;
mod shop;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use tokio::time::sleep;

use self::check::{Checks, Outcome};
use self::exhibit::{Exhibit, Shown};
use self::exhibits::EXHIBITS;
use self::pages::Pages;
use self::shop::{Shop, Telemetry};

/// The arguments of the gallery.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The endpoint that spans are sent to, by OTLP over gRPC.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        default_value = "http://127.0.0.1:4317"
    )]
    otlp_endpoint: String,
    /// The query API of otel-backend or Tempo, to search for the traces.
    #[arg(
        long,
        env = "TRACE_QUERY_URL",
        default_value = "http://127.0.0.1:16686"
    )]
    query_url: String,
    /// The address of a trace's page, with `{trace_id}` in it; by default that of otel-backend.
    #[arg(long, env = "TRACE_URL_TEMPLATE", value_name = "TEMPLATE")]
    trace_url: Option<String>,
    /// Send spans where the `OTEL_*` variables say, to any backend, and check nothing.
    #[arg(long)]
    unchecked: bool,
    /// The longest to wait for the backend to find what was sent, in seconds.
    #[arg(long, default_value_t = 30)]
    timeout: u64,
    /// Print JSON for programs instead of a table for people.
    #[arg(long)]
    json: bool,
    /// Show only these troubles.
    #[arg(value_name = "TROUBLE", value_parser = known)]
    only: Vec<&'static Exhibit>,
}

fn known(name: &str) -> Result<&'static Exhibit, String> {
    let exhibit = EXHIBITS.iter().find(|exhibit| exhibit.name == name);
    exhibit.ok_or_else(|| {
        let names: Vec<_> = EXHIBITS.iter().map(|exhibit| exhibit.name).collect();
        format!("there are {}", names.join(", "))
    })
}

/// Shows the exhibits. The exit code is 1 if the backend did not find one of them as expected.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::select! {
        shown = show(args) => shown,
        // The roles are stopped when their processes are dropped.
        () = otel_auto::shutdown_signal() => bail!("asked to end before everything was shown"),
    }
}

async fn show(args: Args) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry {
        checked_endpoint: (!args.unchecked).then(|| args.otlp_endpoint.clone()),
    };
    let began = next_second().await?;
    let shown = show_all(&args, &telemetry).await?;
    let ended = next_second().await?;
    let outcomes = if args.unchecked {
        shown.iter().map(Outcome::unchecked).collect()
    } else {
        let patience = Duration::from_secs(args.timeout);
        Checks::new(&args.query_url, began, patience)?
            .run(shown)
            .await?
    };
    let own = || format!("{}{}", args.query_url, pages::OWN);
    let pages = Pages {
        trace: args.trace_url.clone().unwrap_or_else(own),
        has_traceql: !args.unchecked,
        began,
        ended,
    };
    if args.json {
        println!("{}", report::json(&outcomes, &pages)?);
    } else {
        print!("{}", report::table(&outcomes, &pages));
    }
    let well = outcomes.iter().all(|outcome| outcome.problems.is_empty());
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the exhibits one after the other, beside a shop without trouble.
async fn show_all(args: &Args, telemetry: &Telemetry) -> anyhow::Result<Vec<Shown>> {
    let all: Vec<_> = EXHIBITS.iter().collect();
    let exhibits = if args.only.is_empty() {
        all
    } else {
        args.only.clone()
    };
    let healthy = Shop::start(telemetry, None).await?;
    let visitors = healthy.open(telemetry)?;
    let mut shown = Vec::new();
    for exhibit in exhibits {
        eprintln!("gallery: {}: {}", exhibit.name, exhibit.what);
        let exhibited = Shop::show(telemetry, exhibit).await;
        shown.push(exhibited.with_context(|| format!("{} cannot be shown", exhibit.name))?);
    }
    visitors.stop().await?;
    healthy.stop().await?;
    Ok(shown)
}

/// Waits for the next full second and returns it. A search has a resolution of seconds, and must
/// not find earlier traces.
async fn next_second() -> anyhow::Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let next = now.as_secs() + 1;
    sleep(Duration::from_secs(next).saturating_sub(now)).await;
    Ok(next)
}
