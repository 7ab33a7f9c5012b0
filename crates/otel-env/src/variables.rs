//! The table of all variables that are read. `docs/variables.md` shows the same table.

mod batch;
mod http;
mod jaeger;
mod limits;
mod otlp;
mod tls;

use crate::variable::Variable;

pub(crate) use batch::*;
pub(crate) use http::*;
pub(crate) use jaeger::*;
pub(crate) use limits::*;
pub(crate) use otlp::*;
pub(crate) use tls::*;

/// A group of related variables.
#[derive(Debug)]
pub struct Group {
    /// The title of the group.
    pub title: &'static str,
    /// The variables, in the order of the documentation.
    pub variables: &'static [&'static Variable],
}

/// All variables that are read, in the order of the documentation.
pub fn variables() -> impl Iterator<Item = &'static Variable> {
    GROUPS.iter().flat_map(|group| group.variables).copied()
}

/// All variables that are read, grouped by topic.
pub static GROUPS: &[Group] = &[
    Group {
        title: "General",
        variables: &[
            &CONFIG_FILE,
            &SDK_DISABLED,
            &SERVICE_NAME,
            &RESOURCE_ATTRIBUTES,
            &RESOURCE_DETECTORS,
            &LOG_LEVEL,
            &PROPAGATORS,
            &TRACES_SAMPLER,
            &TRACES_SAMPLER_ARG,
            &TRACES_EXPORTER,
            &LOGS_EXPORTER,
        ],
    },
    Group {
        title: "OTLP exporters",
        variables: &[
            &OTLP_PROTOCOL,
            &OTLP_TRACES.protocol,
            &OTLP_LOGS.protocol,
            &OTLP_ENDPOINT,
            &OTLP_TRACES.endpoint,
            &OTLP_LOGS.endpoint,
            &OTLP_INSECURE,
            &OTLP_TRACES.insecure,
            &OTLP_LOGS.insecure,
            &OTLP_TIMEOUT,
            &OTLP_TRACES.timeout,
            &OTLP_LOGS.timeout,
            &OTLP_HEADERS,
            &OTLP_TRACES.headers,
            &OTLP_LOGS.headers,
            &OTLP_COMPRESSION,
            &OTLP_TRACES.compression,
            &OTLP_LOGS.compression,
            &OTLP_TLS.certificate,
            &OTLP_TRACES.tls.certificate,
            &OTLP_LOGS.tls.certificate,
            &OTLP_TLS.client_key,
            &OTLP_TRACES.tls.client_key,
            &OTLP_LOGS.tls.client_key,
            &OTLP_TLS.client_certificate,
            &OTLP_TRACES.tls.client_certificate,
            &OTLP_LOGS.tls.client_certificate,
        ],
    },
    Group {
        title: "Jaeger exporters",
        variables: &[
            &JAEGER_PROTOCOL,
            &JAEGER_ENDPOINT,
            &JAEGER_GRPC_INSECURE,
            &JAEGER_TIMEOUT,
            &JAEGER_USER,
            &JAEGER_PASSWORD,
            &JAEGER_TLS.certificate,
            &JAEGER_TLS.client_key,
            &JAEGER_TLS.client_certificate,
            &JAEGER_AGENT_HOST,
            &JAEGER_AGENT_PORT,
        ],
    },
    Group {
        title: "Batches",
        variables: &[
            &BSP_SCHEDULE_DELAY,
            &BSP_EXPORT_TIMEOUT,
            &BSP_MAX_QUEUE_SIZE,
            &BSP_MAX_EXPORT_BATCH_SIZE,
            &BLRP_SCHEDULE_DELAY,
            &BLRP_EXPORT_TIMEOUT,
            &BLRP_MAX_QUEUE_SIZE,
            &BLRP_MAX_EXPORT_BATCH_SIZE,
        ],
    },
    Group {
        title: "Limits",
        variables: &[
            &ATTRIBUTE_COUNT_LIMIT,
            &SPAN_ATTRIBUTE_COUNT_LIMIT,
            &EVENT_ATTRIBUTE_COUNT_LIMIT,
            &LINK_ATTRIBUTE_COUNT_LIMIT,
            &SPAN_EVENT_COUNT_LIMIT,
            &SPAN_LINK_COUNT_LIMIT,
            &ATTRIBUTE_VALUE_LENGTH_LIMIT,
            &SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        ],
    },
    Group {
        title: "HTTP spans",
        variables: &[
            &HTTP_KNOWN_METHODS,
            &HTTP_SERVER_REQUEST,
            &HTTP_SERVER_RESPONSE,
            &HTTP_CLIENT_REQUEST,
            &HTTP_CLIENT_RESPONSE,
            &HTTP_SANITIZE,
        ],
    },
];

pub(crate) static CONFIG_FILE: Variable = Variable::new(
    "OTEL_CONFIG_FILE",
    "none",
    "the path of a YAML file of the declarative configuration, version 1.0 to 1.2; it takes \
     precedence over all other variables except those that it refers to",
    "there is no telemetry",
);

pub(crate) static SDK_DISABLED: Variable = Variable::new(
    "OTEL_SDK_DISABLED",
    "false",
    "true or false",
    "false is used",
)
.boolean();

pub(crate) static SERVICE_NAME: Variable = Variable::new(
    "OTEL_SERVICE_NAME",
    "service.name of OTEL_RESOURCE_ATTRIBUTES, else unknown_service:<program>",
    "any text",
    "",
);

pub(crate) static RESOURCE_ATTRIBUTES: Variable = Variable::new(
    "OTEL_RESOURCE_ATTRIBUTES",
    "none",
    "key=value pairs separated by commas, values percent-encoded",
    "none of them is used",
);

pub(crate) static RESOURCE_DETECTORS: Variable = Variable::new(
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS",
    "none",
    "a list of container, host, os, process, service; or all, or none; the parts of the resource that the program detects by itself",
    "it is left out",
);

pub(crate) static LOG_LEVEL: Variable = Variable::new(
    "OTEL_LOG_LEVEL",
    "none",
    "none, error, warn, info, debug or trace; how much of the SDK's own log is printed on stderr",
    "none is used",
);

pub(crate) static PROPAGATORS: Variable = Variable::new(
    "OTEL_PROPAGATORS",
    "tracecontext,baggage",
    "a list of tracecontext, baggage, b3, b3multi, jaeger; or none",
    "it is left out, and the default is used if nothing is left",
);

pub(crate) static TRACES_SAMPLER: Variable = Variable::new(
    "OTEL_TRACES_SAMPLER",
    "parentbased_always_on",
    "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, \
              parentbased_traceidratio",
    "parentbased_always_on is used",
);

pub(crate) static TRACES_SAMPLER_ARG: Variable = Variable::new(
    "OTEL_TRACES_SAMPLER_ARG",
    "1.0",
    "for traceidratio and parentbased_traceidratio, a number from 0 to 1",
    "1.0 is used",
);

pub(crate) static TRACES_EXPORTER: Variable = Variable::new(
    "OTEL_TRACES_EXPORTER",
    "otlp",
    "a list of otlp, jaeger, jaeger_thrift, jaeger_proto, console; or none",
    "it is left out, and the default is used if nothing is left",
);

pub(crate) static LOGS_EXPORTER: Variable = Variable::new(
    "OTEL_LOGS_EXPORTER",
    "none",
    "a list of otlp, console; or none; where log records go, with the ids of their span",
    "it is left out",
);
