//! The limits on requests and connections.

use crate::config::size::{Bytes, parse_bytes};

/// The limits on a request, and on all requests together.
///
/// `--limits` sets them by the names given here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `body`: the bytes of a request as sent.
    pub body: usize,
    /// `decompressed`: the bytes of a request after decompression.
    pub decompressed: usize,
    /// `spans`: the spans of a request.
    pub spans: usize,
    /// `elements`: the attributes, events, links and values of a request.
    pub elements: usize,
    /// `attribute`: the bytes of an attribute, key included. Only a span with a larger one is
    /// rejected, not its request.
    pub attribute: usize,
    /// `queue`: the bytes of all requests that are being received or stored.
    pub queue: usize,
    /// `forward`: bytes that wait to be forwarded.
    pub forward: usize,
    /// `connections`: the connections of all ports together.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            decompressed: 16 << 20,
            spans: 100_000,
            elements: 500_000,
            attribute: 1 << 20,
            queue: 64 << 20,
            forward: 64 << 20,
            connections: 16_000,
        }
    }
}

impl Limits {
    /// The limits by name, in the order of the documentation.
    fn named(&mut self) -> [(&'static str, &mut usize); 8] {
        [
            ("body", &mut self.body),
            ("decompressed", &mut self.decompressed),
            ("spans", &mut self.spans),
            ("elements", &mut self.elements),
            ("attribute", &mut self.attribute),
            ("queue", &mut self.queue),
            ("forward", &mut self.forward),
            ("connections", &mut self.connections),
        ]
    }

    /// Parses `NAME=VALUE` pairs; limits that they do not name keep their defaults.
    pub(super) fn parse(pairs: &[String]) -> Result<Self, Vec<String>> {
        let mut limits = Self::default();
        let set = |pair: &String| limits.set(pair).err();
        let wrong: Vec<_> = pairs.iter().filter_map(set).collect();
        if wrong.is_empty() {
            Ok(limits)
        } else {
            Err(wrong)
        }
    }

    fn set(&mut self, pair: &str) -> Result<(), String> {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("'{pair}' is not NAME=VALUE, such as body=4MiB"))?;
        let named = self.named();
        let names = named.each_ref().map(|(name, _)| *name);
        let mut named = named.into_iter();
        let (_, limit) = named
            .find(|(known, _)| *known == name)
            .ok_or_else(|| format!("there is no limit '{name}': use {}", names.join(", ")))?;
        *limit = match parse_bytes(value)? {
            Bytes(0) => return Err(format!("{name}=0 would let nothing in")),
            Bytes(bytes) => usize::try_from(bytes).unwrap_or(usize::MAX),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_a_limit() {
        for name in Limits::default().named().map(|(name, _)| name) {
            let limits = Limits::parse(&[format!("{name}=7")]).unwrap();
            assert_ne!(limits, Limits::default(), "{name}");
        }
    }
}
