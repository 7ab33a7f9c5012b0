//! Sample: a small shop of five services, and typical troubles of services.
//!
//! One program plays every role. A visit goes from the `frontend` to the `catalogue`, or to the
//! `cart`, which asks the `catalogue` for prices and `payment` for money; `payment` asks the card
//! `terminal`. `load` makes the visits, and `gallery` runs the whole shop, once for each trouble.
//!
//! Environment variables decide where the spans go, as for every program with otel-auto.

mod call;
mod cart;
mod catalogue;
mod database;
mod frontend;
mod gallery;
mod load;
mod messages;
mod payment;
mod proto;
mod queue;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

/// A small shop of five services, and typical troubles of services.
#[derive(Debug, Parser)]
enum Role {
    /// Serves the visitors.
    Frontend(frontend::Args),
    /// Takes orders.
    Cart(cart::Args),
    /// Knows the products and their prices.
    Catalogue(catalogue::Args),
    /// Charges cards.
    Payment(payment::Args),
    /// Asks a card's bank for consent.
    Terminal(terminal::Args),
    /// Visits the shop, and prints the trace of each visit.
    Load(load::Args),
    /// Runs the shop with each trouble, and proves that it can be found.
    Gallery(gallery::Args),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let role = match Role::parse() {
        Role::Gallery(args) => return gallery::run(args).await,
        role => role,
    };
    let telemetry = otel_auto::init();
    let result = match role {
        Role::Frontend(args) => frontend::run(args).await,
        Role::Cart(args) => cart::run(args).await,
        Role::Catalogue(args) => catalogue::run(args).await,
        Role::Payment(args) => payment::run(args).await,
        Role::Terminal(args) => terminal::run(args).await,
        Role::Load(args) => load::run(args).await,
        Role::Gallery(_) => Ok(()),
    };
    telemetry.shutdown();
    result.map(|()| ExitCode::SUCCESS)
}
