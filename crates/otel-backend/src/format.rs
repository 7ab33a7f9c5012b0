//! The formats of spans: conversion from bytes or JSON to the model, and back.
//!
//! Field numbers, tag names and JSON members of foreign formats are only here. Receivers, imports
//! and the store pass bytes and get [`Span`]s; exports and query APIs do the reverse. The formats
//! do not use each other; the modules beside them are shared.

pub mod jaeger;
pub mod json;
pub mod otlp;
pub(crate) mod protobuf;
mod shared;
pub mod surrogate;
mod tags;
mod text;
pub mod weight;
pub mod zipkin;

use crate::model::{InvalidSpan, Span};

/// The spans of a request, in the order sent; each is decoded when it is asked for.
pub type Decoded<'a> = Box<dyn Iterator<Item = Result<Incoming<'a>, InvalidSpan>> + Send + 'a>;

/// A decoded span.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The span.
    pub span: Span<'a>,
    /// The OTLP message of the span, if there is one. It need not be encoded again, and it keeps
    /// fields of later versions of OTLP.
    pub message: Option<&'a [u8]>,
}

impl<'a> From<Span<'a>> for Incoming<'a> {
    fn from(span: Span<'a>) -> Self {
        Self {
            span,
            message: None,
        }
    }
}
