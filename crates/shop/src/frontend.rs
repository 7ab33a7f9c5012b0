//! The frontend serves visitors with the answers of the catalogue and the cart.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::ValueEnum;
use otel_auto::http::Client;

use crate::call::{self, Failure, answer};
use crate::messages::{Basket, Confirmation, ProductPage};
use crate::serve::serve;

/// The arguments of the frontend.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The URL of the cart.
    #[arg(long, default_value = "http://127.0.0.1:8091")]
    cart: String,
    /// The URL of the catalogue.
    #[arg(long, default_value = "http://127.0.0.1:8092")]
    catalogue: String,
    /// The trouble to cause.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Calls the cart without the context of the trace.
    LostContext,
}

struct Frontend {
    http: Client,
    cart: String,
    catalogue: String,
    trouble: Option<Trouble>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let frontend = Frontend {
        http: Client::new(call::client()?),
        cart: args.cart,
        catalogue: args.catalogue,
        trouble: args.trouble,
    };
    let app = Router::new()
        .route("/products/{id}", get(product))
        .route("/checkout", post(check_out))
        .with_state(Arc::new(frontend));
    serve("frontend", args.listen, app).await
}

async fn product(
    State(frontend): State<Arc<Frontend>>,
    Path(id): Path<u32>,
) -> Result<Json<ProductPage>, Failure> {
    let url = format!("{}/products/{id}", frontend.catalogue);
    answer(frontend.http.get(url).send().await).await.map(Json)
}

async fn check_out(
    State(frontend): State<Arc<Frontend>>,
    Json(basket): Json<Basket>,
) -> Result<Json<Confirmation>, Failure> {
    let url = format!("{}/checkout", frontend.cart);
    let answered = match frontend.trouble {
        // reqwest's plain client makes no span and sends no `traceparent`.
        Some(Trouble::LostContext) => call::client()?.post(url).json(&basket).send().await,
        None => {
            let request = frontend.http.post(url).map(|request| request.json(&basket));
            request.send().await
        }
    };
    answer(answered).await.map(Json)
}
