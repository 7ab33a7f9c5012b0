//! `resource`: `attributes` overrides `attributes_list`.

use super::Lookup;
use super::scalar::Scalar;
use super::section::{Item, Section};
use crate::resource::{Detector, Resource, SERVICE_NAME_KEY, Value, pairs};

pub(super) fn read(section: Option<Section<'_>>, lookup: Lookup<'_>) -> Resource {
    let Some(section) = section else {
        return Resource::default();
    };
    let mut attributes = listed(&section);
    for item in section.list("attributes") {
        attributes.extend(attribute(&item));
    }
    let detection = section.section("detection/development");
    let detectors = detection.as_ref().map(detectors).unwrap_or_default();
    if let Some(detection) = detection {
        detection.unsupported("attributes");
        detection.end();
    }
    section.pass_over(
        "schema_url",
        "the resource has none here; it is passed over",
    );
    section.end();
    let named = attributes.iter().rfind(|(key, _)| key == SERVICE_NAME_KEY);
    let named = named.map(|(_, value)| value.to_string());
    // The service detector sets service.name from OTEL_SERVICE_NAME.
    let detected =
        || lookup("OTEL_SERVICE_NAME").filter(|_| detectors.contains(&Detector::Service));
    let service_name = named.or_else(detected).filter(|name| !name.is_empty());
    attributes.retain(|(key, _)| key != SERVICE_NAME_KEY);
    Resource {
        service_name,
        attributes,
        detectors,
    }
}

fn listed(section: &Section<'_>) -> Vec<(String, Value)> {
    let Some((item, text)) = section.text("attributes_list") else {
        return Vec::new();
    };
    let pairs = pairs(text).or_else(|| item.refuse("key=value,…, percent-encoded"));
    pairs.unwrap_or_default()
}

/// An entry whose value is null is left out.
fn attribute(item: &Item<'_>) -> Option<(String, Value)> {
    let entry = item.section()?;
    let name = entry.required("name").and_then(|name| name.text());
    let given = entry.required("value");
    let kind = entry.text("type").map_or("string", |(_, kind)| kind);
    let given = given.filter(|given| !given.is_null());
    let value = given.and_then(|given| value(&given, kind));
    entry.end();
    Some((name?.to_owned(), value?))
}

fn value(item: &Item<'_>, kind: &str) -> Option<Value> {
    match kind {
        "string" => item.text().map(|text| Value::String(text.to_owned())),
        "bool" => one(item, flag).map(Value::Bool),
        "int" => one(item, Item::integer).map(Value::Int),
        "double" => one(item, Item::number).map(Value::Double),
        "string_array" => many(item, |item| item.text().map(str::to_owned)).map(Value::Strings),
        "bool_array" => many(item, |item| one(item, flag)).map(Value::Bools),
        "int_array" => many(item, |item| one(item, Item::integer)).map(Value::Ints),
        "double_array" => many(item, |item| one(item, Item::number)).map(Value::Doubles),
        _ => item.refuse("a type that is string, bool, int, double, or one of these with _array"),
    }
}

fn one<'a, T>(item: &Item<'a>, read: impl Fn(&Item<'a>) -> Option<T>) -> Option<T> {
    read(item).or_else(|| item.refuse("a value of the type that the entry names"))
}

fn many<'a, T>(item: &Item<'a>, read: impl Fn(&Item<'a>) -> Option<T>) -> Option<Vec<T>> {
    let items = item.list();
    let read: Vec<_> = items.iter().filter_map(read).collect();
    (read.len() == items.len() && !read.is_empty()).then_some(read)
}

fn flag(item: &Item<'_>) -> Option<bool> {
    match item.scalar()? {
        Scalar::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// The schema's `host` stands for both host and os.
fn detectors(detection: &Section<'_>) -> Vec<Detector> {
    let mut detectors = Vec::new();
    for item in detection.list("detectors") {
        let Some((name, settings)) = item.component() else {
            continue;
        };
        match name {
            "host" => detectors.extend([Detector::Host, Detector::Os]),
            "container" => detectors.push(Detector::Container),
            "process" => detectors.push(Detector::Process),
            "service" => detectors.push(Detector::Service),
            _ => {
                let accepted = "container, host, process, service";
                item.error(format!("there is no detector {name}; accepted: {accepted}"));
            }
        }
        settings.end();
    }
    detectors
}
