//! Version 2 of Zipkin's spans in protobuf, which Envoy and `zipkin-proto` exporters send.
//!
//! Spec: <https://github.com/openzipkin/zipkin-api/blob/master/zipkin.proto>

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Endpoint, ZipkinSpan, translate};
use crate::format::Decoded;
use crate::format::protobuf::{Field, Malformed, Reader};
use crate::format::shared::{Resources, Scopes};
use crate::format::weight::Shape;
use crate::model::{Attribute, InvalidSpan, SpanKind, Text, Value, to_hex};

/// Field numbers of `ListOfSpans`.
mod list {
    pub(super) const SPANS: u32 = 1;
}

/// Field numbers of `Span`.
mod span {
    pub(super) const TRACE_ID: u32 = 1;
    pub(super) const PARENT_ID: u32 = 2;
    pub(super) const ID: u32 = 3;
    pub(super) const KIND: u32 = 4;
    pub(super) const NAME: u32 = 5;
    pub(super) const TIMESTAMP: u32 = 6;
    pub(super) const DURATION: u32 = 7;
    pub(super) const LOCAL_ENDPOINT: u32 = 8;
    pub(super) const REMOTE_ENDPOINT: u32 = 9;
    pub(super) const ANNOTATIONS: u32 = 10;
    pub(super) const TAGS: u32 = 11;
    pub(super) const DEBUG: u32 = 12;
}

/// Field numbers of `Endpoint`.
mod endpoint {
    pub(super) const SERVICE_NAME: u32 = 1;
    pub(super) const IPV4: u32 = 2;
    pub(super) const IPV6: u32 = 3;
    pub(super) const PORT: u32 = 4;
}

/// Field numbers of `Annotation`.
mod annotation {
    pub(super) const TIMESTAMP: u32 = 1;
    pub(super) const VALUE: u32 = 2;
}

/// Field numbers of an entry of a map.
mod entry {
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
}

/// The bytes read of an id: one more than any id has, so that a longer one is refused.
const ID_BYTES: usize = 17;

/// The elements of `ListOfSpans`.
pub static LIST_OF_SPANS: Shape = Shape(&[(list::SPANS, &SPAN)]);
static SPAN: Shape = Shape(&[(span::ANNOTATIONS, &LEAF), (span::TAGS, &LEAF)]);
static LEAF: Shape = Shape(&[]);

/// Decodes a `ListOfSpans`. A span that cannot be read is an error of its own.
///
/// # Errors
/// [`Malformed`] if the bytes around the spans are not such a message.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Malformed> {
    let mut messages = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            list::SPANS => messages.push(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    let mut resources = Resources::default();
    let mut scopes = Scopes::default();
    Ok(Box::new(messages.into_iter().map(move |message| {
        let span = read_span(message)?;
        Ok(translate::translate(span, &mut resources, &mut scopes)?.into())
    })))
}

fn read_span(message: &[u8]) -> Result<ZipkinSpan<'_>, InvalidSpan> {
    let mut read = ZipkinSpan::default();
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        read_field(field, &mut reader, &mut read)?;
    }
    Ok(read)
}

fn read_field<'a>(
    field: Field,
    reader: &mut Reader<'a>,
    read: &mut ZipkinSpan<'a>,
) -> Result<(), Malformed> {
    match field.number {
        span::TRACE_ID => read.trace_id = hex(field.bytes(reader)?),
        span::PARENT_ID => read.parent_id = hex(field.bytes(reader)?),
        span::ID => read.id = hex(field.bytes(reader)?),
        span::KIND => read.kind = kind(field.varint(reader)?),
        span::NAME => read.name = text(field.bytes(reader)?),
        // Zero means an unknown time.
        span::TIMESTAMP => read.start = Some(field.fixed64(reader)?).filter(|start| *start != 0),
        span::DURATION => read.duration = field.varint(reader)?,
        span::LOCAL_ENDPOINT => read.local = read_endpoint(field.bytes(reader)?)?,
        span::REMOTE_ENDPOINT => read.remote = read_endpoint(field.bytes(reader)?)?,
        span::ANNOTATIONS => read
            .annotations
            .push(read_annotation(field.bytes(reader)?)?),
        span::TAGS => read.tags.push(read_tag(field.bytes(reader)?)?),
        span::DEBUG => read.debug = field.varint(reader)? != 0,
        _ => field.skip(reader)?,
    }
    Ok(())
}

fn read_endpoint(message: &[u8]) -> Result<Endpoint<'_>, Malformed> {
    let mut read = Endpoint::default();
    let (mut v4, mut v6) = (None, None);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field.number {
            endpoint::SERVICE_NAME => read.service = text(field.bytes(&mut reader)?),
            endpoint::IPV4 => v4 = address::<4, Ipv4Addr>(field.bytes(&mut reader)?),
            endpoint::IPV6 => v6 = address::<16, Ipv6Addr>(field.bytes(&mut reader)?),
            endpoint::PORT => {
                let port = u16::try_from(field.varint(&mut reader)?).ok();
                read.port = port.filter(|port| *port != 0);
            }
            _ => field.skip(&mut reader)?,
        }
    }
    read.ip = v6.or(v4).unwrap_or_default().into();
    Ok(read)
}

fn read_annotation(message: &[u8]) -> Result<(u64, Text<'_>), Malformed> {
    let (mut time, mut value) = (0, Text::default());
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field.number {
            annotation::TIMESTAMP => time = field.fixed64(&mut reader)?,
            annotation::VALUE => value = text(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok((time, value))
}

fn read_tag(message: &[u8]) -> Result<Attribute<'_>, Malformed> {
    let (mut key, mut value) = (Text::default(), Text::default());
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field.number {
            entry::KEY => key = text(field.bytes(&mut reader)?),
            entry::VALUE => value = text(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(Attribute::new(key, Value::String(value)))
}

fn kind(number: u64) -> SpanKind {
    match number {
        1 => SpanKind::Client,
        2 => SpanKind::Server,
        3 => SpanKind::Producer,
        4 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn hex(id: &[u8]) -> Text<'_> {
    to_hex(id.get(..ID_BYTES).unwrap_or(id)).into()
}

fn address<const N: usize, A: From<[u8; N]> + ToString>(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; N] = bytes.try_into().ok()?;
    Some(A::from(bytes).to_string())
}

/// Bytes that are not UTF-8 become U+FFFD.
fn text(bytes: &[u8]) -> Text<'_> {
    String::from_utf8_lossy(bytes)
}
