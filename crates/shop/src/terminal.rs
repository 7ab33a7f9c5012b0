//! The card terminal: a device with its own clock, which asks the bank of a card.
//!
//! Its spans are made by hand, since those of otel-auto's layer would have this machine's time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use clap::ValueEnum;
use opentelemetry::trace::{Span as _, SpanKind, Tracer as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use tokio::time::sleep;

use crate::messages::Authorisation;
use crate::serve::listen;

/// The arguments of the card terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8094")]
    listen: SocketAddr,
    /// The trouble to cause.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Has a clock that is ten seconds slow.
    ClockSkew,
}

/// The time that the bank takes to agree.
const BANK: Duration = Duration::from_millis(5);

struct Terminal {
    receipts: AtomicU64,
    /// The time by which the clock is behind.
    behind: Duration,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let behind = match args.trouble {
        Some(Trouble::ClockSkew) => Duration::from_secs(10),
        None => Duration::ZERO,
    };
    let terminal = Terminal {
        receipts: AtomicU64::default(),
        behind,
    };
    let app = Router::new()
        .route("/authorise", post(authorise))
        .with_state(Arc::new(terminal));
    axum::serve(listen("terminal", args.listen).await?, app)
        .with_graceful_shutdown(otel_auto::shutdown_signal())
        .await?;
    Ok(())
}

async fn authorise(
    State(terminal): State<Arc<Terminal>>,
    headers: HeaderMap,
) -> Json<Authorisation> {
    let caller = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(&headers))
    });
    let mut span = global::tracer("terminal")
        .span_builder("POST /authorise")
        .with_kind(SpanKind::Server)
        .with_start_time(terminal.now())
        .with_attributes([
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("http.route", "/authorise"),
            KeyValue::new("url.path", "/authorise"),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.response.status_code", 200),
        ])
        .start_with_context(&global::tracer("terminal"), &caller);
    sleep(BANK).await;
    let number = terminal.receipts.fetch_add(1, Ordering::Relaxed);
    span.end_with_timestamp(terminal.now());
    Json(Authorisation { number })
}

impl Terminal {
    /// The time by its own clock.
    fn now(&self) -> SystemTime {
        SystemTime::now() - self.behind
    }
}
