//! The queue of orders, and the worker that packs them.
//!
//! An order is packed long after its request was answered, in a trace of its own whose first span
//! has a link to the span that sent the order
//! (<https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/>).

use std::time::Duration;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{Instrument as _, Span, field::Empty, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::messages::Basket;

/// The number of orders that can wait.
const CAPACITY: usize = 100;

/// The orders waiting to be packed. When this is dropped, the worker packs the rest and ends.
pub(crate) struct Queue(Sender<Order>);

/// The queue is full.
#[derive(Debug)]
pub(crate) struct Full;

struct Order {
    basket: Basket,
    sent_by: SpanContext,
}

impl Queue {
    /// Starts a worker that takes so long to pack an order.
    pub(crate) fn start(packing: Duration) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self(sender), tokio::spawn(pack_all(receiver, packing)))
    }

    /// Sends an order to the worker, and returns the number of orders in front of it.
    #[instrument(name = "send orders", skip_all, fields(
        otel.kind = "producer",
        messaging.system = "memory",
        messaging.operation.type = "send",
        messaging.destination.name = "orders",
        queue.ahead = Empty,
    ))]
    pub(crate) fn send(&self, basket: Basket) -> Result<usize, Full> {
        let span = Span::current();
        let ahead = self.0.max_capacity() - self.0.capacity();
        span.record("queue.ahead", i64::try_from(ahead).unwrap_or(i64::MAX));
        let sent_by = span.context().span().span_context().clone();
        let order = Order { basket, sent_by };
        self.0.try_send(order).map(|()| ahead).map_err(|_| Full)
    }
}

async fn pack_all(mut orders: Receiver<Order>, packing: Duration) {
    while let Some(order) = orders.recv().await {
        let span = info_span!(
            parent: None,
            "process orders",
            otel.kind = "consumer",
            messaging.system = "memory",
            messaging.operation.type = "process",
            messaging.destination.name = "orders",
            order.products = i64::try_from(order.basket.products.len()).unwrap_or(i64::MAX),
        );
        span.add_link(order.sent_by);
        sleep(packing).instrument(span).await;
    }
}
