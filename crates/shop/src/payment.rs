//! Payment charges cards by gRPC, after the card terminal has asked the bank.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use otel_auto::{grpc, http};
use tokio::time::sleep;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tracing::instrument;

use crate::call::{self, answer};
use crate::messages::Authorisation;
use crate::proto::payment_server::{self, PaymentServer};
use crate::proto::{ChargeRequest, Receipt};
use crate::serve::listen;

/// The arguments of payment.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8093")]
    listen: SocketAddr,
    /// The URL of the card terminal.
    #[arg(long, default_value = "http://127.0.0.1:8094")]
    terminal: String,
    /// The trouble to cause.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Calls the card terminal at an address where nothing listens.
    Refused,
    /// Takes longer to check for fraud than the cart waits.
    Slow,
    /// Ends at SIGTERM without exporting its last spans.
    EarlyEnd,
}

struct Payment {
    http: http::Client,
    terminal: String,
    trouble: Option<Trouble>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let terminal = match args.trouble {
        Some(Trouble::Refused) => "http://127.0.0.1:1".to_owned(),
        _ => args.terminal,
    };
    let payment = Payment {
        http: http::Client::new(call::client()?),
        terminal,
        trouble: args.trouble,
    };
    let server = Server::builder()
        .layer(grpc::ServerLayer::new())
        .add_service(PaymentServer::new(payment));
    let calls = TcpIncoming::from(listen("payment", args.listen).await?);
    if args.trouble == Some(Trouble::EarlyEnd) {
        // The signal is not handled, so it ends the process at once.
        server.serve_with_incoming(calls).await?;
    } else {
        let end = otel_auto::shutdown_signal();
        server.serve_with_incoming_shutdown(calls, end).await?;
    }
    Ok(())
}

#[tonic::async_trait]
impl payment_server::Payment for Payment {
    async fn charge(&self, request: Request<ChargeRequest>) -> Result<Response<Receipt>, Status> {
        self.check_for_fraud().await;
        let url = format!("{}/authorise", self.terminal);
        let cents = request.into_inner().cents;
        let request = self.http.post(url).map(|request| request.json(&cents));
        let authorised = answer(request.send().await).await;
        // The caller does not need to know why the bank was not asked; the spans show it.
        let Authorisation { number } =
            authorised.map_err(|_| Status::unavailable("the card was not charged"))?;
        Ok(Response::new(Receipt { number }))
    }
}

impl Payment {
    #[instrument(name = "check for fraud", skip_all)]
    async fn check_for_fraud(&self) {
        let takes = match self.trouble {
            Some(Trouble::Slow) => Duration::from_secs(10),
            _ => Duration::from_millis(2),
        };
        sleep(takes).await;
    }
}
