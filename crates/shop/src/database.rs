//! The catalogue's database: SQLite in memory, with a client span for each query.
//!
//! The spans follow the conventions for databases
//! (<https://opentelemetry.io/docs/specs/semconv/db/database-spans/>).

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, Params, Row};
use tracing::{field::Empty, info_span};

/// The number of products; their ids begin at 1.
pub(crate) const PRODUCTS: u32 = 60;

const SCHEMA: &str = "
    CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
        INSERT INTO product SELECT i, 'Tea no. ' || i, 399 + 10 * i FROM n;
    CREATE TABLE review (product INTEGER NOT NULL, stars INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
        INSERT INTO review SELECT i % 60 + 1, i * 7 % 5 + 1 FROM n;";

/// A database with products and their reviews.
pub(crate) struct Database(Mutex<Connection>);

/// A query, with a short form as the name of its span.
pub(crate) struct Query {
    /// The operation and the tables: for instance `SELECT product`.
    pub(crate) summary: &'static str,
    /// The text of the query.
    pub(crate) text: &'static str,
}

impl Database {
    /// Makes a database and fills it.
    pub(crate) fn open() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// The rows that a query finds, each read by `read`.
    pub(crate) fn query<T>(
        &self,
        query: &Query,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let span = info_span!(
            "query",
            otel.name = query.summary,
            otel.kind = "client",
            db.system.name = "sqlite",
            db.query.summary = query.summary,
            db.query.text = query.text,
            db.response.returned_rows = Empty,
        );
        let _entered = span.enter();
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.prepare_cached(query.text)?;
        let rows: Vec<T> = statement
            .query_map(parameters, read)?
            .collect::<Result<_, _>>()?;
        span.record(
            "db.response.returned_rows",
            i64::try_from(rows.len()).unwrap_or(i64::MAX),
        );
        Ok(rows)
    }
}
