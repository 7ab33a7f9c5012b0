//! The load visits the shop, and prints a line of JSON with the trace of each visit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use opentelemetry::trace::TraceContextExt as _;
use otel_auto::http::Client;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{Span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::call;
use crate::database::PRODUCTS;
use crate::messages::{Basket, Confirmation};

/// The number of products that a visitor buys.
const BOUGHT: u32 = 12;

/// The arguments of the load.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The URL of the frontend.
    #[arg(long, default_value = "http://127.0.0.1:8090")]
    frontend: String,
    /// The activity of the visitors.
    #[arg(long, value_enum, default_value = "both")]
    visits: Visits,
    /// The number of visits; by default they go on until the program is asked to end.
    #[arg(long)]
    count: Option<u32>,
    /// The number of visitors at the same time.
    #[arg(long, default_value_t = 1)]
    at_once: u32,
    /// The pause after each visit, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pause: u64,
}

/// The errands of visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Visits {
    /// View a product.
    Browse,
    /// Buy products.
    Buy,
    /// Both, in turn.
    Both,
}

/// A visit, as it is printed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Visit {
    /// The trace, in hexadecimal digits.
    pub(crate) trace_id: String,
    /// The status of the frontend's answer; `None` if there was no answer.
    pub(crate) status: Option<u16>,
    /// The number of orders in front of the visitor's.
    pub(crate) ahead: Option<usize>,
}

struct Visitor {
    http: Client,
    args: Args,
    /// The number of visits begun.
    begun: AtomicU32,
    ended: AtomicBool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let visitors = args.at_once;
    let visitor = Arc::new(Visitor {
        http: Client::new(call::client()?),
        args,
        begun: AtomicU32::default(),
        ended: AtomicBool::default(),
    });
    let mut visits = JoinSet::new();
    for _ in 0..visitors {
        visits.spawn(Arc::clone(&visitor).visit_often());
    }
    tokio::spawn(async move {
        otel_auto::shutdown_signal().await;
        visitor.ended.store(true, Ordering::Relaxed);
    });
    while let Some(ended) = visits.join_next().await {
        ended??;
    }
    Ok(())
}

impl Visitor {
    async fn visit_often(self: Arc<Self>) -> anyhow::Result<()> {
        while !self.ended.load(Ordering::Relaxed) {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            if self.args.count.is_some_and(|count| number >= count) {
                break;
            }
            let visit = match self.args.visits {
                Visits::Buy => self.buy(number).await,
                Visits::Both if number % 2 == 1 => self.buy(number).await,
                Visits::Browse | Visits::Both => self.browse(number).await,
            };
            println!("{}", serde_json::to_string(&visit)?);
            sleep(Duration::from_millis(self.args.pause)).await;
        }
        Ok(())
    }

    #[instrument(name = "browse", skip_all)]
    async fn browse(&self, number: u32) -> Visit {
        let product = number % PRODUCTS + 1;
        let url = format!("{}/products/{product}", self.args.frontend);
        let answer = self.http.get(url).send().await;
        Visit::of(answer.ok().map(|answer| answer.status().as_u16()), None)
    }

    #[instrument(name = "buy", skip_all)]
    async fn buy(&self, number: u32) -> Visit {
        let products = (number..number + BOUGHT).map(|product| product % PRODUCTS + 1);
        let basket = Basket {
            products: products.collect(),
        };
        let url = format!("{}/checkout", self.args.frontend);
        let request = self.http.post(url).map(|request| request.json(&basket));
        let Ok(answer) = request.send().await else {
            return Visit::of(None, None);
        };
        let status = answer.status().as_u16();
        let confirmation: Option<Confirmation> = answer.json().await.ok();
        Visit::of(Some(status), confirmation.map(|confirmed| confirmed.ahead))
    }
}

impl Visit {
    /// Describes the visit in the current span.
    fn of(status: Option<u16>, ahead: Option<usize>) -> Self {
        let context = Span::current().context();
        Self {
            trace_id: context.span().span_context().trace_id().to_string(),
            status,
            ahead,
        }
    }
}
