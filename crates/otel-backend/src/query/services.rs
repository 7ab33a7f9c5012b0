//! Numbers for the services that spans name.

use std::collections::HashMap;

/// The services that spans name, and their numbers.
#[derive(Debug, Default)]
pub(super) struct Services {
    pub(super) names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Services {
    /// The number of a service.
    pub(super) fn number(&mut self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.numbers.insert(name.to_owned(), self.names.len() - 1);
            self.names.len() - 1
        })
    }
}
