//! The operations that are listed: those of which spans may be stored.
//!
//! For each operation the latest start that its spans may have is remembered. An operation leaves the list
//! when everything that is stored is younger.

use std::time::Duration;

use hashbrown::HashMap;

use super::Operation;
use super::batch::Batch;
use super::token::Token;
use crate::model::UnixNanos;

/// Operations with longer names are not listed: such names say what happened once.
const MAX_NAME: usize = 1024;

/// Beyond this many bytes, no more operations are listed: gRPC clients take messages of 4 MiB by default,
/// and a list is one message. Spans of further operations are found all the same.
const MAX_LISTED: usize = 4 << 20;

/// The most by which the age in the database may lag.
pub(super) const BEHIND: Duration = Duration::from_mins(1);

/// The operations that are listed.
#[derive(Debug, Default)]
pub(super) struct Operations {
    seen: HashMap<Token, Seen>,
    /// Bytes that they take in a list.
    length: usize,
    /// True if the log has said that the list is full.
    is_reported: bool,
}

#[derive(Debug)]
struct Seen {
    /// The age of its latest span, at most.
    last: UnixNanos,
    /// The same as it is in the database.
    stored: UnixNanos,
}

/// Operations that are to be written to the database, with the age of their latest span.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) new: Vec<Operation>,
    pub(super) again: Vec<Operation>,
    pub(super) last: UnixNanos,
}

impl Operations {
    /// Adds an operation that is in the database, and how old its latest span is there.
    pub(super) fn load(&mut self, operation: &Operation, stored: UnixNanos) {
        let last = stored.after(BEHIND);
        self.length += operation.length();
        let token = Token::of_operation(operation);
        self.seen.insert(token, Seen { last, stored });
    }

    /// The operations of these batches that are new.
    pub(super) fn look<'b>(&mut self, batches: &'b [Batch], came: UnixNanos) -> Noted {
        let latest = batches.iter().filter_map(Batch::latest).max();
        let last = latest.unwrap_or(came).min(came);
        let mut noted = Noted {
            last,
            ..Noted::default()
        };
        let mut room = MAX_LISTED.saturating_sub(self.length);
        let mut new = HashMap::new();
        let operations = |batch: &'b Batch| std::iter::repeat(batch).zip(&batch.operations);
        for (batch, (token, row)) in batches.iter().flat_map(operations) {
            if let Some(seen) = self.seen.get_mut(token) {
                seen.last = seen.last.max(last);
                if last.since(seen.stored) > BEHIND {
                    seen.stored = last;
                    noted.again.extend(batch.operation(*row));
                }
                continue;
            }
            if new.contains_key(token) {
                continue;
            }
            let Some(operation) = batch.operation(*row) else {
                continue;
            };
            if operation.name.len().max(operation.service.len()) > MAX_NAME {
                continue;
            }
            if let Some(left) = room.checked_sub(operation.length()) {
                room = left;
                new.insert(*token, operation);
            } else if !std::mem::replace(&mut self.is_reported, true) {
                tracing::warn!(
                    "the list of operations is full: further ones are stored and found, but not \
                     offered; names of spans should not hold ids or numbers"
                );
            }
        }
        noted.new = new.into_values().collect();
        noted
    }

    /// Lists those that are new, now that they are in the database.
    pub(super) fn add(&mut self, noted: &Noted) {
        for operation in &noted.new {
            self.length += operation.length();
            let seen = Seen {
                last: noted.last,
                stored: noted.last,
            };
            self.seen.insert(Token::of_operation(operation), seen);
        }
    }

    /// Returns true if all spans of an operation are older than this.
    pub(super) fn is_before(&self, operation: &Operation, oldest: UnixNanos) -> bool {
        let seen = self.seen.get(&Token::of_operation(operation));
        seen.is_none_or(|seen| seen.last < oldest)
    }

    /// Takes operations off the list.
    pub(super) fn remove(&mut self, gone: &[Operation]) {
        for operation in gone {
            if self.seen.remove(&Token::of_operation(operation)).is_some() {
                self.length -= operation.length();
            }
        }
    }
}
