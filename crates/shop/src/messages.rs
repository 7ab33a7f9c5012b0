//! The JSON messages between roles; those of payment are in `proto`.

use serde::{Deserialize, Serialize};

/// The page of a product.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProductPage {
    pub(crate) product: Product,
    /// The price in the visitor's currency.
    pub(crate) price: f64,
    /// The products that others viewed after it.
    pub(crate) also_viewed: Vec<u32>,
}

/// A product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) cents: i64,
    /// The mean of its reviews, from 1 to 5.
    pub(crate) stars: f64,
}

/// The products that a visitor buys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Basket {
    pub(crate) products: Vec<u32>,
}

/// The price of a basket.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) cents: i64,
}

/// The bank's consent to a payment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Authorisation {
    pub(crate) number: u64,
}

/// An accepted order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    pub(crate) receipt: u64,
    pub(crate) cents: i64,
    /// The number of orders in front of this one.
    pub(crate) ahead: usize,
}
