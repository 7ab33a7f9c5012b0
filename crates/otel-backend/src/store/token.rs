//! Tokens: what a search can ask of a span, each as one number.
//!
//! A frame's filter holds the tokens of its spans, so that a search opens only frames that may
//! answer it. A token is the XXH3 hash of its text, seeded with the hash of what the text is about:
//! part of the format, see `docs/format.md`.

use xxhash_rust::xxh3::xxh3_64_with_seed as hash;

use crate::model::{Attribute, Span, SpanKind, StatusCode, Value};

/// One thing that is true of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub(super) u64);

/// What a token is about: the seed of its hash.
#[derive(Clone, Copy)]
enum About {
    Service = 1,
    Operation = 2,
    ServiceOperation = 3,
    Kind = 4,
    Status = 5,
    ServiceStatus = 6,
    Duration = 7,
    ServiceDuration = 8,
    ScopeName = 9,
    ScopeVersion = 10,
    Attribute = 11,
}

impl Token {
    /// The span's resource has this service name.
    pub fn service(service: &str) -> Self {
        about(About::Service, service)
    }

    /// The span has this name, and its resource this service name.
    pub fn operation(service: Option<&str>, name: &str) -> Self {
        match service {
            Some(service) => about(About::ServiceOperation, service).and(name),
            None => about(About::Operation, name),
        }
    }

    /// The span has this kind, as Jaeger names it.
    pub fn kind(kind: &str) -> Self {
        about(About::Kind, kind)
    }

    /// The span's status is this, and its resource has this service name.
    pub fn status(service: Option<&str>, code: StatusCode) -> Self {
        let code = match code {
            StatusCode::Unset => "",
            StatusCode::Ok => "OK",
            StatusCode::Error => "ERROR",
        };
        match service {
            Some(service) => about(About::ServiceStatus, service).and(code),
            None => about(About::Status, code),
        }
    }

    /// The span's duration in nanoseconds has its highest bit here, and its resource this service
    /// name. A duration of zero counts as one nanosecond.
    pub fn duration(service: Option<&str>, highest_bit: u32) -> Self {
        let mut digits = itoa::Buffer::new();
        let bit = digits.format(highest_bit);
        match service {
            Some(service) => about(About::ServiceDuration, service).and(bit),
            None => about(About::Duration, bit),
        }
    }

    /// The span's scope has this name.
    pub fn scope_name(name: &str) -> Self {
        about(About::ScopeName, name)
    }

    /// The span's scope has this version.
    pub fn scope_version(version: &str) -> Self {
        about(About::ScopeVersion, version)
    }

    /// The span, or its scope, its resource, one of its events or links, has this attribute.
    pub fn attribute(key: &str, value: &str) -> Self {
        about(About::Attribute, key).and(value)
    }

    /// Tells operations of the same name apart by their kind.
    pub(super) fn with_kind(self, kind: SpanKind) -> Self {
        self.and(kind.as_str())
    }

    fn and(self, text: &str) -> Self {
        Self(hash(text.as_bytes(), self.0))
    }
}

fn about(about: About, text: &str) -> Token {
    Token(hash(text.as_bytes(), about as u64))
}

/// The highest bit of a duration in nanoseconds.
pub fn highest_bit(nanos: u64) -> u32 {
    nanos.max(1).ilog2()
}

/// Appends the tokens that all spans of a group share.
pub(super) fn push_group_tokens(span: &Span<'_>, out: &mut Vec<Token>) {
    out.push(Token::service(span.resource.service_name()));
    out.push(Token::scope_name(&span.scope.name));
    out.push(Token::scope_version(&span.scope.version));
    push_attributes(&span.resource.attributes, out);
    push_attributes(&span.scope.attributes, out);
}

/// Appends the other tokens of a span; returns that of its service and name.
pub(super) fn push_span_tokens(span: &Span<'_>, out: &mut Vec<Token>) -> Token {
    let service = Some(span.resource.service_name());
    let operation = Token::operation(service, &span.name);
    out.push(Token::operation(None, &span.name));
    out.push(operation);
    let bit = highest_bit(span.end.0.saturating_sub(span.start.0));
    for service in [None, service] {
        out.push(Token::duration(service, bit));
        if span.status.code != StatusCode::Unset {
            out.push(Token::status(service, span.status.code));
        }
    }
    out.push(Token::kind(span.kind.as_str()));
    push_attributes(&span.attributes, out);
    for event in &span.events {
        push_attributes(&event.attributes, out);
    }
    for link in &span.links {
        push_attributes(&link.attributes, out);
    }
    operation
}

fn push_attributes(attributes: &[Attribute<'_>], out: &mut Vec<Token>) {
    for Attribute { key, value } in attributes {
        out.push(attribute(key, value));
        // TraceQL finds a list by any of its values.
        if let Value::Array(values) = value {
            out.extend(values.iter().map(|value| attribute(key, value)));
        }
    }
}

fn attribute(key: &str, value: &Value<'_>) -> Token {
    match value {
        // As `Value::text` has it, without an allocation.
        Value::Int(int) => Token::attribute(key, itoa::Buffer::new().format(*int)),
        value => Token::attribute(key, &value.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_part_of_the_format() {
        // Changing one of these numbers makes every stored filter lie: it needs a new format.
        assert_eq!(Token::service("shop"), Token(5_064_741_296_929_650_403));
        assert_eq!(
            Token::operation(Some("shop"), "GET /"),
            Token(7_974_232_105_942_224_723)
        );
        assert_eq!(
            Token::attribute("http.method", "GET"),
            Token(5_142_064_994_321_467_893)
        );
    }

    #[test]
    fn a_number_is_found_by_its_text() {
        for number in [0, 8080, -1, i64::MIN, i64::MAX] {
            let value = Value::Int(number);
            let mut tokens = Vec::new();
            push_attributes(&[Attribute::new("n", value.clone())], &mut tokens);
            assert_eq!(tokens, [Token::attribute("n", &value.text())]);
        }
    }

    #[test]
    fn the_highest_bit_brackets_a_duration() {
        assert_eq!(highest_bit(0), 0);
        assert_eq!(highest_bit(1), 0);
        assert_eq!(highest_bit(1023), 9);
        assert_eq!(highest_bit(1024), 10);
    }
}
