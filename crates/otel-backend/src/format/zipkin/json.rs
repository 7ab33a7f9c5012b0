//! Code for both versions of Zipkin's JSON.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Number, Value as Json};

use super::{Endpoint, ZipkinSpan, translate};
use crate::format::Decoded;
use crate::format::json::JsonText;
use crate::format::shared::{Resources, Scopes};
use crate::model::InvalidSpan;

/// An `Endpoint`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointJson<'a> {
    #[serde(borrow, default)]
    service_name: JsonText<'a>,
    #[serde(borrow)]
    ipv4: Option<JsonText<'a>>,
    #[serde(borrow)]
    ipv6: Option<JsonText<'a>>,
    port: Option<Number>,
}

/// Decodes a list of spans separately, so that only an invalid one is rejected.
pub(super) fn decode_list<'a, S>(bytes: &'a [u8]) -> serde_json::Result<Decoded<'a>>
where
    S: Deserialize<'a> + Into<ZipkinSpan<'a>>,
{
    let list: Vec<&'a RawValue> = serde_json::from_slice(bytes)?;
    let mut resources = Resources::default();
    let mut scopes = Scopes::default();
    Ok(Box::new(list.into_iter().map(move |raw| {
        let span: S = serde_json::from_str(raw.get())
            .map_err(|reason| InvalidSpan::Malformed(reason.to_string()))?;
        Ok(translate::translate(span.into(), &mut resources, &mut scopes)?.into())
    })))
}

/// Microseconds, as a number or text; `None` if it is not a time.
pub(super) fn micros(json: Option<Json>) -> Option<u64> {
    let number = match json? {
        Json::Number(number) => number,
        Json::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and fractions of a microsecond are cut off"
    )]
    let rounded = || {
        number
            .as_f64()
            .filter(|float| *float >= 0.0)
            .map(|float| float as u64)
    };
    number.as_u64().or_else(rounded)
}

impl<'a> From<EndpointJson<'a>> for Endpoint<'a> {
    fn from(endpoint: EndpointJson<'a>) -> Self {
        let port = endpoint.port.and_then(|port| port.as_u64());
        Self {
            service: endpoint.service_name.0,
            ip: endpoint.ipv6.or(endpoint.ipv4).unwrap_or_default().0,
            port: port
                .and_then(|port| u16::try_from(port).ok())
                .filter(|port| *port != 0),
        }
    }
}
