//! The traces of the scenarios, grouped by what they make hard.

pub(super) mod identity;
pub(super) mod shapes;
pub(super) mod times;
pub(super) mod values;
