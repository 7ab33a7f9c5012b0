//! The names and pages that are allowed in addition to those of this machine.

/// The names and origins that are allowed in addition to those of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doors {
    /// Names in `Host`; one with a leading dot stands for all names below it.
    pub hosts: Vec<String>,
    /// Origins of pages that may send spans, such as `https://shop.example`; a `*` stands for any
    /// part.
    pub origins: Vec<String>,
}
