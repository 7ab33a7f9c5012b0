//! Shares resources and scopes that a format repeats for every span.

use std::sync::Arc;

use crate::model::{Resource, Scope};

/// Distinct values, each kept once.
pub(super) struct Shared<T>(Vec<Arc<T>>);

pub(super) type Scopes<'a> = Shared<Scope<'a>>;
pub(super) type Resources<'a> = Shared<Resource<'a>>;

/// The most values that are compared; a batch usually has few distinct ones.
const MAX_SHARED: usize = 64;

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Shared<T> {
    pub(super) fn share(&mut self, value: T) -> Arc<T> {
        if let Some(equal) = self.0.iter().find(|other| ***other == value) {
            return Arc::clone(equal);
        }
        let value = Arc::new(value);
        if self.0.len() < MAX_SHARED {
            self.0.push(Arc::clone(&value));
        }
        value
    }
}
