//! The cart takes orders: it asks for the price, charges the card, and has the order packed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use clap::ValueEnum;
use otel_auto::{grpc, http};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use tracing::{Span, field::Empty, instrument};

use crate::call::{self, Failure, answer, timed_out};
use crate::messages::{Basket, Confirmation, Price};
use crate::proto::payment_client::PaymentClient;
use crate::proto::{ChargeRequest, Receipt};
use crate::queue::{Full, Queue};
use crate::serve::serve;

/// The arguments of the cart.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8091")]
    listen: SocketAddr,
    /// The URL of the catalogue.
    #[arg(long, default_value = "http://127.0.0.1:8092")]
    catalogue: String,
    /// The URL of payment.
    #[arg(long, default_value = "http://127.0.0.1:8093")]
    payment: String,
    /// The trouble to cause.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Packs orders more slowly than they arrive.
    Queue,
    /// Writes each order into its span, with the terms and conditions.
    HugeAttribute,
}

/// The time limit of a payment.
const PATIENCE: Duration = Duration::from_secs(1);
/// The number of attempts to pay.
const ATTEMPTS: usize = 3;

struct Cart {
    http: http::Client,
    catalogue: String,
    payment: PaymentClient<grpc::Client<Channel>>,
    queue: Queue,
    trouble: Option<Trouble>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let packing = match args.trouble {
        Some(Trouble::Queue) => Duration::from_millis(150),
        _ => Duration::from_millis(5),
    };
    let (queue, worker) = Queue::start(packing);
    let payment = Endpoint::from_shared(args.payment)?;
    let payment = grpc::Client::new(payment.connect_lazy(), payment.uri());
    let cart = Cart {
        http: http::Client::new(call::client()?),
        catalogue: args.catalogue,
        payment: PaymentClient::new(payment),
        queue,
        trouble: args.trouble,
    };
    let app = Router::new()
        .route("/checkout", post(check_out))
        .with_state(Arc::new(cart));
    serve("cart", args.listen, app).await?;
    // Waits until the last orders are packed.
    worker.await?;
    Ok(())
}

#[instrument(name = "check out", skip_all, fields(debug.order = Empty))]
async fn check_out(
    State(cart): State<Arc<Cart>>,
    Json(basket): Json<Basket>,
) -> Result<Json<Confirmation>, Failure> {
    if cart.trouble == Some(Trouble::HugeAttribute) {
        let terms = "The buyer reads and accepts these terms. ".repeat(2_000);
        Span::current().record("debug.order", format!("{basket:?} {terms}"));
    }
    let price = cart.price(&basket).await?;
    let receipt = cart.charge(&price).await?;
    let ahead = cart.queue.send(basket)?;
    Ok(Json(Confirmation {
        receipt: receipt.number,
        cents: price.cents,
        ahead,
    }))
}

impl Cart {
    async fn price(&self, basket: &Basket) -> Result<Price, Failure> {
        let url = format!("{}/price", self.catalogue);
        let request = self.http.post(url).map(|request| request.json(basket));
        answer(request.send().await).await
    }

    /// Charges the card, and retries a payment that times out.
    async fn charge(&self, price: &Price) -> Result<Receipt, Failure> {
        let mut attempt = 1;
        loop {
            let mut request = Request::new(ChargeRequest { cents: price.cents });
            request.set_timeout(PATIENCE);
            match self.payment.clone().charge(request).await {
                Err(status) if timed_out(&status) && attempt < ATTEMPTS => attempt += 1,
                charged => return Ok(charged?.into_inner()),
            }
        }
    }
}

impl From<Full> for Failure {
    fn from(_: Full) -> Self {
        let message = "too many orders wait to be packed; try again later";
        Self(StatusCode::SERVICE_UNAVAILABLE, message.to_owned())
    }
}
