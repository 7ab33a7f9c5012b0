//! Queries for traces and log records, without HTTP and without SQL.

mod adjust;
mod columns;
mod condition;
mod dependencies;
mod logs;
mod lookup;
mod memory;
mod metrics;
mod patience;
mod predicate;
mod search;
mod services;
mod tags;
mod trace;
mod traceql;
mod turn;
mod waiting;
mod walk;
mod warnings;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::model::{TraceId, UnixNanos};
use crate::store::{Operation, ReadError, Reader, Store};

pub use condition::Condition;
pub use dependencies::Edge;
pub use logs::{
    FoundLog, FoundLogs, LogCursor, LogOrder, LogSearch, LogText, TextTooLong, search_logs,
    walk_logs,
};
pub use lookup::{IdPattern, Lookup, Missing};
pub use memory::Held;
pub use metrics::{Counted, MetricsSearch, run as metrics_of};
pub use patience::{Patience, SearchError};
pub use predicate::{Search, Tag, parse_bool};
pub use search::{Hit, traces_of};
pub use tags::{FoundTags, TagSearch, has_values};
pub use trace::{Decoded, Spans, Trace};
pub use traceql::{Order, SpanBatch, SpanQuery, TraceQuery, Watched};
pub use turn::{OwnTurn, Turn, wait_aside};
pub use waiting::{Recipient, Waiting, cut_off_slowest};
pub use walk::{Selection, walk};
pub use warnings::{Warning, Warnings};

/// Answers queries from a store.
#[derive(Debug, Clone)]
pub struct Query {
    store: Store,
}

impl Query {
    /// Makes queries on this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The trace with that id; if there is none, the only one whose id begins with those digits.
    ///
    /// This and all that follow read on the thread that calls them, which may block: an answer is asked
    /// for, written and sent by one.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn find(&self, id: &IdPattern) -> Result<Lookup, ReadError> {
        self.store.read(|reader| lookup::find(reader, id))
    }

    /// The first matching traces in the requested order; by default newest first.
    ///
    /// # Errors
    /// [`SearchError`] if the store cannot be read, or if the search takes too long.
    pub fn search(&self, search: &Search, patience: &Patience) -> Result<Vec<Hit>, SearchError> {
        let run = |reader: &Reader| search::run(reader, search, patience);
        self.store.read(run)
    }

    /// The first matching log records.
    ///
    /// # Errors
    /// [`SearchError`] if the store cannot be read, or if the search takes too long.
    pub fn logs(&self, search: &LogSearch, patience: &Patience) -> Result<FoundLogs, SearchError> {
        let run = |reader: &Reader| search_logs(reader, search, patience);
        self.store.read(run)
    }

    /// The names of all services that have log records, sorted.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn log_services(&self) -> Result<BTreeSet<String>, ReadError> {
        let name = |name: Arc<str>| name.as_ref().to_owned();
        let read = |reader: &Reader| Ok(reader.log_services().into_iter().map(name).collect());
        self.store.read(read)
    }

    /// Computes series from spans.
    ///
    /// # Errors
    /// [`SearchError`] if the store cannot be read, or if it takes too long.
    pub fn metrics(
        &self,
        search: &MetricsSearch,
        patience: &Patience,
    ) -> Result<Counted, SearchError> {
        let run = |reader: &Reader| metrics_of(reader, search, patience);
        self.store.read(run)
    }

    /// The traces that a search found, each loaded when it is needed; those removed since are left
    /// out.
    ///
    /// Each load sees the current state of the store, so that no state is held while a trace is
    /// sent.
    pub fn traces(&self, hits: Vec<Hit>) -> impl Iterator<Item = Result<Trace, ReadError>> {
        let load = |hit: Hit| match hit.trace {
            Some(trace) => Some(Ok(trace)),
            None => self.load(hit.id).transpose(),
        };
        hits.into_iter().filter_map(load)
    }

    fn load(&self, id: TraceId) -> Result<Option<Trace>, ReadError> {
        self.store.read(|reader| trace::load(reader, id))
    }

    /// The keys of attributes among the newest spans, or the values of a field.
    ///
    /// # Errors
    /// [`SearchError`] if the store cannot be read, or if it takes too long.
    pub fn tags(&self, search: &TagSearch, patience: &Patience) -> Result<FoundTags, SearchError> {
        self.store
            .read(|reader| tags::run(reader, search, patience))
    }

    /// The number of calls between each pair of services in the traces within a time range.
    ///
    /// # Errors
    /// [`SearchError`] if the store cannot be read, or it takes too long.
    pub fn dependencies(
        &self,
        _turn: &CountingTurn,
        from: UnixNanos,
        to: UnixNanos,
        patience: &Patience,
    ) -> Result<BTreeMap<Edge, u64>, SearchError> {
        let run = |reader: &Reader| dependencies::count(reader, from, to, patience);
        self.store.read(run)
    }

    /// The names of all services, sorted.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn services(&self) -> Result<BTreeSet<String>, ReadError> {
        self.operations_where(|_| true, |operation| operation.service.clone())
    }

    /// The operations of a service, sorted by name, then by kind; only those of the given kind, if
    /// any.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn operations(
        &self,
        service: &str,
        kind: Option<&str>,
    ) -> Result<BTreeSet<Operation>, ReadError> {
        let wanted = |operation: &Operation| {
            operation.service == service && kind.is_none_or(|kind| operation.kind.as_str() == kind)
        };
        self.operations_where(wanted, Operation::clone)
    }

    fn operations_where<T: Ord>(
        &self,
        wanted: impl Fn(&Operation) -> bool,
        take: impl Fn(&Operation) -> T,
    ) -> Result<BTreeSet<T>, ReadError> {
        self.store.read(|reader: &Reader| {
            let operations = reader.operations();
            Ok(operations.filter(|o| wanted(o)).map(take).collect())
        })
    }
}

/// The turn to count calls. One question has it at a time, since counting reads every span.
#[derive(Debug)]
pub struct CountingTurn {
    _permit: SemaphorePermit<'static>,
}

impl CountingTurn {
    /// Waits for the turn.
    ///
    /// # Errors
    /// [`ReadError::Busy`] if others keep it for long.
    pub async fn wait() -> Result<Self, ReadError> {
        static TURN: Semaphore = Semaphore::const_new(1);
        let turn = tokio::time::timeout(Duration::from_secs(5), TURN.acquire()).await;
        let permit = turn.ok().and_then(Result::ok).ok_or(ReadError::Busy)?;
        Ok(Self { _permit: permit })
    }
}
