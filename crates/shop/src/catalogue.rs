//! The catalogue knows the products, their prices, and which products visitors viewed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::ValueEnum;
use tokio::sync::RwLock;
use tokio::time::sleep;
use tracing::{Instrument as _, Span, field::Empty, info_span, instrument};

use crate::call::Failure;
use crate::database::{Database, Query};
use crate::messages::{Basket, Price, Product, ProductPage};
use crate::serve::serve;

/// The arguments of the catalogue.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8092")]
    listen: SocketAddr,
    /// The trouble to cause.
    #[arg(long, value_enum)]
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Queries the database for each product of a basket.
    QueryPerItem,
    /// Starts with an empty cache.
    ColdCache,
    /// Holds the lock of the exchange rate while it is imported.
    Lock,
    /// Never forgets what visitors viewed.
    Leak,
}

/// The number of recent views to remember.
const HISTORY: usize = 5;
/// The time to compare a product with one view.
const COMPARISON: Duration = Duration::from_millis(4);
/// The time that the bank takes to tell the exchange rate.
const BANK: Duration = Duration::from_millis(300);
/// The interval between imports of the exchange rate.
const IMPORT: Duration = Duration::from_mins(1);

const ALL_PRODUCTS: Query = Query {
    summary: "SELECT product review",
    text: "SELECT id, name, cents, avg(stars) FROM product JOIN review ON product = id GROUP BY id",
};
const ONE_PRODUCT: Query = Query {
    summary: "SELECT product review",
    text: "SELECT id, name, cents, avg(stars) FROM product JOIN review ON product = id WHERE id = ?",
};
const ALL_PRICES: Query = Query {
    summary: "SELECT product",
    text: "SELECT cents FROM product WHERE id IN (SELECT value FROM json_each(?))",
};
const ONE_PRICE: Query = Query {
    summary: "SELECT product",
    text: "SELECT cents FROM product WHERE id = ?",
};

struct Catalogue {
    database: Database,
    cache: Mutex<HashMap<u32, Product>>,
    rate: RwLock<f64>,
    history: Mutex<Vec<u32>>,
    trouble: Option<Trouble>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let catalogue = Arc::new(Catalogue {
        database: Database::open()?,
        cache: Mutex::default(),
        rate: RwLock::new(1.0),
        history: Mutex::default(),
        trouble: args.trouble,
    });
    if args.trouble != Some(Trouble::ColdCache) {
        catalogue.warm_cache()?;
    }
    tokio::spawn(import_rates(Arc::clone(&catalogue)));
    let app = Router::new()
        .route("/products/{id}", get(product))
        .route("/price", post(price))
        .with_state(catalogue);
    serve("catalogue", args.listen, app).await
}

async fn product(
    State(catalogue): State<Arc<Catalogue>>,
    Path(id): Path<u32>,
) -> Result<Json<ProductPage>, Failure> {
    let product = catalogue.find_product(id)?;
    #[expect(clippy::cast_precision_loss, reason = "a price has few digits")]
    let price = product.cents as f64 / 100.0 * catalogue.rate().await;
    let also_viewed = catalogue.also_viewed(id).await;
    Ok(Json(ProductPage {
        product,
        price,
        also_viewed,
    }))
}

async fn price(
    State(catalogue): State<Arc<Catalogue>>,
    Json(basket): Json<Basket>,
) -> Result<Json<Price>, Failure> {
    let database = &catalogue.database;
    let mut prices: Vec<i64> = Vec::new();
    if catalogue.trouble == Some(Trouble::QueryPerItem) {
        for product in basket.products {
            prices.extend(database.query(&ONE_PRICE, [product], |row| row.get::<_, i64>(0))?);
        }
    } else {
        let products = format!("{:?}", basket.products);
        prices = database.query(&ALL_PRICES, [products], |row| row.get(0))?;
    }
    let cents = prices.iter().sum();
    Ok(Json(Price { cents }))
}

impl Catalogue {
    #[instrument(name = "warm cache", skip_all)]
    fn warm_cache(&self) -> rusqlite::Result<()> {
        let products = self.database.query(&ALL_PRODUCTS, [], read_product)?;
        lock(&self.cache).extend(products);
        Ok(())
    }

    #[instrument(name = "find product", skip_all, fields(cache.hit = Empty))]
    fn find_product(&self, id: u32) -> Result<Product, Failure> {
        let known = lock(&self.cache).get(&id).cloned();
        Span::current().record("cache.hit", known.is_some());
        if let Some(product) = known {
            return Ok(product);
        }
        let found = self.database.query(&ONE_PRODUCT, [id], read_product)?;
        let (_, product) = found
            .into_iter()
            .next()
            .ok_or_else(|| Failure(StatusCode::NOT_FOUND, format!("there is no product {id}")))?;
        lock(&self.cache).insert(id, product.clone());
        Ok(product)
    }

    /// The exchange rate. A span is made only if the call has to wait.
    async fn rate(&self) -> f64 {
        if let Ok(rate) = self.rate.try_read() {
            return *rate;
        }
        let span = info_span!(
            "wait for lock",
            lock.name = "rate",
            lock.holder = "import rate"
        );
        *self.rate.read().instrument(span).await
    }

    /// The products that others viewed after this one.
    #[instrument(name = "also viewed", skip_all, fields(history.entries = Empty))]
    async fn also_viewed(&self, id: u32) -> Vec<u32> {
        let history = {
            let mut history = lock(&self.history);
            if self.trouble != Some(Trouble::Leak) && history.len() == HISTORY {
                history.remove(0);
            }
            history.push(id);
            history.clone()
        };
        let entries = u32::try_from(history.len()).unwrap_or(u32::MAX);
        Span::current().record("history.entries", i64::from(entries));
        // Stands for the work of comparing them.
        sleep(COMPARISON * entries).await;
        let after = |pair: &[u32]| (pair[0] == id).then_some(pair[1]);
        history.windows(2).filter_map(after).collect()
    }
}

/// Imports the exchange rate from the bank again and again.
async fn import_rates(catalogue: Arc<Catalogue>) {
    loop {
        import_rate(&catalogue).await;
        if catalogue.trouble != Some(Trouble::Lock) {
            sleep(IMPORT).await;
        }
    }
}

#[instrument(name = "import rate", skip_all)]
async fn import_rate(catalogue: &Catalogue) {
    if catalogue.trouble == Some(Trouble::Lock) {
        let mut rate = catalogue.rate.write().await;
        *rate = ask_bank().await;
    } else {
        let fresh = ask_bank().await;
        *catalogue.rate.write().await = fresh;
    }
}

#[instrument(name = "ask bank", skip_all)]
async fn ask_bank() -> f64 {
    sleep(BANK).await;
    1.0
}

fn read_product(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u32, Product)> {
    let product = Product {
        name: row.get(1)?,
        cents: row.get(2)?,
        stars: row.get(3)?,
    };
    Ok((row.get(0)?, product))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
