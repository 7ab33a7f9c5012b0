//! The schema decides which files are valid. Each field of a valid file is changed, and the two
//! verdicts are compared.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::{is_accepted, read, told};

const SCHEMA: &str = include_str!("opentelemetry-configuration/schema.json");

/// A file with every honoured field. JSON is valid YAML, so both can read it.
fn whole() -> Value {
    let otlp = json!({
        "endpoint": "https://h:1/v1/traces",
        "tls": {"ca_file": "/ca.pem", "key_file": "/key.pem", "cert_file": "/cert.pem"},
        "headers": [{"name": "a", "value": "b"}],
        "headers_list": "c=d",
        "compression": "gzip",
        "timeout": 10,
        "encoding": "json",
    });
    let batch = json!({
        "schedule_delay": 1, "export_timeout": 2, "max_queue_size": 30,
        "max_export_batch_size": 4, "exporter": {"otlp_http": otlp},
    });
    let grpc = json!({"endpoint": "h:1", "tls": {"insecure": true}, "timeout": 0});
    let parent_based = json!({
        "root": {"trace_id_ratio_based": {"ratio": 0.5}},
        "remote_parent_sampled": {"always_on": {}},
        "local_parent_not_sampled": {"always_off": null},
    });
    json!({
        "file_format": "1.2",
        "disabled": false,
        "log_level": "warn2",
        "attribute_limits": {
            "attribute_value_length_limit": 1, "attribute_count_limit": 2, "attribute_value_depth_limit": 3,
        },
        "resource": {
            "attributes": [{"name": "a", "value": "b", "type": "string"}],
            "attributes_list": "c=d",
            "detection/development": {"detectors": [{"host": null}, {"service": {}}]},
        },
        "propagator": {"composite": [{"tracecontext": null}, {"b3": {}}], "composite_list": "baggage"},
        "tracer_provider": {
            "processors": [{"batch": batch}, {"simple": {"exporter": {"console": null}}}],
            "limits": {
                "attribute_value_length_limit": 1, "attribute_count_limit": 2, "event_count_limit": 3,
                "link_count_limit": 4, "event_attribute_count_limit": 5, "link_attribute_count_limit": 6,
            },
            "sampler": {"parent_based": parent_based},
            "id_generator": {"random": {}},
        },
        "logger_provider": {
            "processors": [{"batch": {"exporter": {"otlp_grpc": grpc}}}],
            "limits": {"attribute_count_limit": 128},
        },
    })
}

/// All documents that differ from `whole` in one place, each with that place.
fn changed(whole: &Value) -> Vec<(String, Value)> {
    let mut pointers = Vec::new();
    gather(whole, String::new(), &mut pointers);
    let mut documents = Vec::new();
    for pointer in pointers {
        for other in [
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1.5),
            json!([]),
            json!({}),
        ] {
            let mut document = whole.clone();
            *document.pointer_mut(&pointer).unwrap() = other;
            documents.push((pointer.clone(), document));
        }
        let mut document = whole.clone();
        if let Some(map) = document.pointer_mut(&pointer).unwrap().as_object_mut() {
            map.insert("unknown".to_owned(), json!(1));
            documents.push((format!("{pointer}/unknown"), document));
        }
    }
    documents
}

fn gather(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('/', "~1");
                gather(value, format!("{pointer}/{key}"), pointers);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(item, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(pointer);
}

/// Returns true for values that the schema allows but the specification or this implementation does
/// not.
fn is_stricter_here(pointer: &str, message: &str) -> bool {
    // The type of a value must match: a number is not text.
    pointer.ends_with("/attributes/0/value")
        // One of two files that are required together.
        || message.contains("go together")
}

/// Returns true for fields that may be null by their type, although the schema's list of values
/// omits it.
fn is_laxer_here(pointer: &str, document: &Value) -> bool {
    let fields = ["/log_level", "/attributes/0/type", "/encoding"];
    let is_null = document.pointer(pointer).is_some_and(Value::is_null);
    is_null && fields.iter().any(|field| pointer.ends_with(field))
}

struct Oracle {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Oracle {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = serde_json::from_str(SCHEMA).unwrap();
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn accepts(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }
}

#[test]
fn each_changed_field_is_judged_as_by_the_schema() {
    let oracle = Oracle::new();
    let whole = whole();
    assert!(oracle.accepts(&whole));
    let documents = changed(&whole);
    assert!(documents.len() > 500);
    let mut differences = Vec::new();
    for (pointer, document) in documents {
        let (_, problems) = read(&document.to_string(), &[]);
        let ours = is_accepted(&problems);
        let told = told(&problems);
        let differs = ours != oracle.accepts(&document);
        let known = is_stricter_here(&pointer, &told) || is_laxer_here(&pointer, &document);
        if differs && !known {
            let value = document.pointer(&pointer);
            differences.push(format!(
                "{pointer} = {value:?}: accepted here: {ours}: {told}"
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
