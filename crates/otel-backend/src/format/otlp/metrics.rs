//! Counts the data points in OTLP metrics and collects the services that sent them. Metrics are not
//! stored, so nothing else is read.
//!
//! Spec: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto>

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Malformed;
use super::fields::{any_value, key_value, resource};
use crate::format::json::JsonText;
use crate::format::protobuf::Reader;

/// The outline of an `ExportMetricsServiceRequest`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MetricsOutline {
    /// The number of data points.
    pub points: usize,
    /// The services that sent them; "" for a service without a name.
    pub services: BTreeSet<String>,
}

const RESOURCE_METRICS: u32 = 1;
const RESOURCE: u32 = 1;
const SCOPE_METRICS: u32 = 2;
const METRICS: u32 = 2;
/// The fields `gauge`, `sum`, `histogram`, `exponential_histogram` and `summary` of a `Metric`,
/// each of which holds its data points in field 1.
const DATA: [u32; 5] = [5, 7, 9, 10, 11];
const DATA_POINTS: u32 = 1;

const SERVICE_NAME: &str = "service.name";

/// Reads a request in protobuf.
///
/// # Errors
/// [`Malformed`] if the bytes are not such a message.
pub fn read_metrics(bytes: &[u8]) -> Result<MetricsOutline, Malformed> {
    let mut outline = MetricsOutline::default();
    each(bytes, &[RESOURCE_METRICS], |_, group| {
        let mut service = String::new();
        each(group, &[RESOURCE, SCOPE_METRICS], |number, message| {
            if number == RESOURCE {
                service = service_of(message)?.unwrap_or_default();
                return Ok(());
            }
            each(message, &[METRICS], |_, metric| {
                each(metric, &DATA, |_, data| {
                    each(data, &[DATA_POINTS], |_, _| {
                        outline.points += 1;
                        Ok(())
                    })
                })
            })
        })?;
        outline.services.insert(service);
        Ok(())
    })?;
    Ok(outline)
}

/// Calls a function with each field that has one of these numbers and is a message.
fn each<'a>(
    message: &'a [u8],
    numbers: &[u32],
    mut take: impl FnMut(u32, &'a [u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        if numbers.contains(&field.number) {
            take(field.number, field.bytes(&mut reader)?)?;
        } else {
            field.skip(&mut reader)?;
        }
    }
    Ok(())
}

fn service_of(message: &[u8]) -> Result<Option<String>, Malformed> {
    let mut service = None;
    each(message, &[resource::ATTRIBUTES], |_, attribute| {
        let (mut key, mut value) = (&b""[..], &b""[..]);
        each(
            attribute,
            &[key_value::KEY, key_value::VALUE],
            |number, bytes| {
                match number {
                    key_value::KEY => key = bytes,
                    _ => value = bytes,
                }
                Ok(())
            },
        )?;
        if key == SERVICE_NAME.as_bytes() {
            each(value, &[any_value::STRING], |_, text| {
                service = Some(String::from_utf8_lossy(text).into_owned());
                Ok(())
            })?;
        }
        Ok(())
    })?;
    Ok(service)
}

/// Reads a request in JSON.
///
/// # Errors
/// The JSON is invalid.
pub fn read_metrics_json(bytes: &[u8]) -> serde_json::Result<MetricsOutline> {
    let request: RequestJson<'_> = serde_json::from_slice(bytes)?;
    let mut outline = MetricsOutline::default();
    for group in request.resource_metrics.into_iter().flatten() {
        let attributes = group.resource.and_then(|resource| resource.attributes);
        let mut attributes = attributes.into_iter().flatten();
        let service = attributes.find(|attribute| *attribute.key == *SERVICE_NAME);
        let service = service.and_then(|attribute| attribute.value);
        let service = service.map(|value| value.string_value.0.into_owned());
        outline.services.insert(service.unwrap_or_default());
        let scopes = group.scope_metrics.into_iter().flatten();
        let metrics = scopes.flat_map(|scope| scope.metrics.into_iter().flatten());
        outline.points += metrics.map(|metric| metric.points()).sum::<usize>();
    }
    Ok(outline)
}

#[derive(Deserialize)]
struct RequestJson<'a> {
    #[serde(borrow, rename = "resourceMetrics", alias = "resource_metrics")]
    resource_metrics: Option<Vec<ResourceMetricsJson<'a>>>,
}

#[derive(Deserialize)]
struct ResourceMetricsJson<'a> {
    #[serde(borrow)]
    resource: Option<ResourceJson<'a>>,
    #[serde(rename = "scopeMetrics", alias = "scope_metrics")]
    scope_metrics: Option<Vec<ScopeMetricsJson>>,
}

#[derive(Deserialize)]
struct ResourceJson<'a> {
    #[serde(borrow)]
    attributes: Option<Vec<AttributeJson<'a>>>,
}

#[derive(Deserialize)]
struct AttributeJson<'a> {
    #[serde(borrow, default)]
    key: JsonText<'a>,
    #[serde(borrow)]
    value: Option<ValueJson<'a>>,
}

#[derive(Deserialize)]
struct ValueJson<'a> {
    #[serde(borrow, default, rename = "stringValue", alias = "string_value")]
    string_value: JsonText<'a>,
}

#[derive(Deserialize)]
struct ScopeMetricsJson {
    metrics: Option<Vec<MetricJson>>,
}

#[derive(Deserialize)]
struct MetricJson {
    gauge: Option<DataJson>,
    sum: Option<DataJson>,
    histogram: Option<DataJson>,
    #[serde(rename = "exponentialHistogram", alias = "exponential_histogram")]
    exponential_histogram: Option<DataJson>,
    summary: Option<DataJson>,
}

#[derive(Deserialize)]
struct DataJson {
    /// An ignored value takes no memory.
    #[serde(rename = "dataPoints", alias = "data_points")]
    data_points: Option<Vec<IgnoredAny>>,
}

impl MetricJson {
    fn points(&self) -> usize {
        let kinds = [
            &self.gauge,
            &self.sum,
            &self.histogram,
            &self.exponential_histogram,
            &self.summary,
        ];
        let data = kinds.into_iter().flatten();
        data.map(|data| data.data_points.as_ref().map_or(0, Vec::len))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::protobuf::{write_bytes, write_message};

    fn request(service: &str, kind: u32, points: usize) -> Vec<u8> {
        let mut out = Vec::new();
        write_message(RESOURCE_METRICS, &mut out, |out| {
            write_message(SCOPE_METRICS, out, |out| {
                write_message(METRICS, out, |out| {
                    write_message(kind, out, |out| {
                        for _ in 0..points {
                            write_bytes(DATA_POINTS, b"", out);
                        }
                    });
                });
            });
            write_message(RESOURCE, out, |out| {
                write_message(resource::ATTRIBUTES, out, |out| {
                    write_bytes(key_value::KEY, SERVICE_NAME.as_bytes(), out);
                    write_message(key_value::VALUE, out, |out| {
                        write_bytes(any_value::STRING, service.as_bytes(), out);
                    });
                });
            });
        });
        out
    }

    #[test]
    fn points_of_every_kind_are_counted_and_services_named() {
        let kinds = DATA.iter().zip(1..).zip(["a", "b", "a", "c", "a"]);
        let parts = kinds.map(|((kind, points), service)| request(service, *kind, points));
        let outline = read_metrics(&parts.collect::<Vec<_>>().concat()).unwrap();
        assert_eq!(outline.points, 15);
        assert_eq!(
            outline.services.into_iter().collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(read_metrics(b"").unwrap(), MetricsOutline::default());
        assert!(read_metrics(b"garbage").is_err());
    }

    #[test]
    fn json_says_the_same() {
        let json = br#"{"resourceMetrics": [
            {"resource": {"attributes": [{"key": "n", "value": {"intValue": "1"}},
                {"key": "service.name", "value": {"stringValue": "shop"}}]},
             "scopeMetrics": [{"scope": {}, "metrics": [
                {"name": "a", "gauge": {"dataPoints": [{}, {"asInt": "1"}]}},
                {"name": "b", "sum": {"dataPoints": [{}], "isMonotonic": true}},
                {"name": "c", "exponentialHistogram": {"dataPoints": [{}]}},
                {"name": "d"}]}]},
            {"resource": null, "scopeMetrics": null}]}"#;
        let outline = read_metrics_json(json).unwrap();
        assert_eq!(outline.points, 4);
        assert_eq!(
            outline.services.into_iter().collect::<Vec<_>>(),
            ["", "shop"]
        );
        assert!(read_metrics_json(b"[]").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            drop(read_metrics(&bytes));
            drop(read_metrics_json(&bytes));
        }
    }
}
