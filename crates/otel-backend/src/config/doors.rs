//! Which pages and names are let in beside those that always are.

/// The names and the origins that are allowed beside those of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doors {
    /// Names in `Host`; one with a leading dot stands for all names below it.
    pub hosts: Vec<String>,
    /// Origins of pages that may send spans, such as `https://shop.example`; a `*` stands for any part.
    pub origins: Vec<String>,
}
