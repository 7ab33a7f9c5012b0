//! Payment: charges cards, once the card terminal has asked the bank.

use std::future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use clap::ValueEnum;
use otel_auto::http::Client;
use tokio::time::sleep;
use tracing::instrument;

use crate::call::{self, Failure, answer};
use crate::messages::{Price, Receipt};
use crate::serve::serve;

/// The arguments of payment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8093")]
    listen: SocketAddr,
    /// The card terminal.
    #[arg(long, default_value = "http://127.0.0.1:8094")]
    terminal: String,
    /// A trouble to have.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Looks for the card terminal where there is none.
    Refused,
    /// Takes longer to check for fraud than the cart waits.
    Slow,
    /// Ends at SIGTERM without exporting its last spans.
    EarlyEnd,
}

struct Payment {
    http: Client,
    terminal: String,
    trouble: Option<Trouble>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let terminal = match args.trouble {
        Some(Trouble::Refused) => "http://127.0.0.1:1".to_owned(),
        _ => args.terminal,
    };
    let payment = Payment {
        http: Client::new(call::client()?),
        terminal,
        trouble: args.trouble,
    };
    let app = Router::new()
        .route("/charge", post(charge))
        .with_state(Arc::new(payment));
    match args.trouble {
        // Nobody handles the signal, so it ends the process at once.
        Some(Trouble::EarlyEnd) => serve("payment", args.listen, app, future::pending()).await,
        _ => serve("payment", args.listen, app, otel_auto::shutdown_signal()).await,
    }
}

async fn charge(
    State(payment): State<Arc<Payment>>,
    Json(price): Json<Price>,
) -> Result<Json<Receipt>, Failure> {
    check_for_fraud(&payment).await;
    let url = format!("{}/authorise", payment.terminal);
    let request = payment.http.post(url).map(|request| request.json(&price));
    answer(request.send().await).await.map(Json)
}

#[instrument(name = "check for fraud", skip_all)]
async fn check_for_fraud(payment: &Payment) {
    let takes = match payment.trouble {
        Some(Trouble::Slow) => Duration::from_secs(10),
        _ => Duration::from_millis(2),
    };
    sleep(takes).await;
}
