//! The subjects, and the scenarios in which they are measured.

/// A middleware, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// axum alone.
    Bare,
    /// axum with a layer that does nothing, which shows the cost of any layer.
    EmptyLayer,
    /// `otel_auto::http::ServerLayer`.
    OtelAuto,
    /// opentelemetry-instrumentation-tower.
    InstrumentationTower,
    /// axum-tracing-opentelemetry.
    AxumTracing,
    /// tower-otel.
    TowerOtel,
    /// tonic alone.
    BareTonic,
    /// tonic with a layer that does nothing.
    EmptyTonicLayer,
    /// `otel_auto::grpc::ServerLayer`.
    OtelAutoTonic,
    /// tonic-tracing-opentelemetry.
    TonicTracing,
}

/// Subjects that serve the same, and are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP, served by axum.
    Http,
    /// gRPC, served by tonic.
    Grpc,
}

impl Protocol {
    /// Both protocols, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Http, Self::Grpc];

    /// Its subjects, the one without a middleware first.
    pub fn subjects(self) -> impl Iterator<Item = Subject> {
        let all = Subject::ALL.into_iter();
        all.filter(move |subject| subject.protocol() == self)
    }

    /// The middleware to which the others are compared.
    pub fn peer(self) -> Subject {
        match self {
            Self::Http => Subject::InstrumentationTower,
            Self::Grpc => Subject::TonicTracing,
        }
    }
}

impl Subject {
    /// All subjects, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Bare,
        Self::EmptyLayer,
        Self::OtelAuto,
        Self::InstrumentationTower,
        Self::AxumTracing,
        Self::TowerOtel,
        Self::BareTonic,
        Self::EmptyTonicLayer,
        Self::OtelAutoTonic,
        Self::TonicTracing,
    ];

    /// The name and version.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare axum",
            Self::BareTonic => "bare tonic",
            Self::EmptyLayer | Self::EmptyTonicLayer => "an empty layer",
            Self::OtelAuto | Self::OtelAutoTonic => "otel-auto",
            Self::InstrumentationTower => "opentelemetry-instrumentation-tower 0.19",
            Self::AxumTracing => "axum-tracing-opentelemetry 0.42",
            Self::TowerOtel => "tower-otel 0.12",
            Self::TonicTracing => "tonic-tracing-opentelemetry 0.42",
        }
    }

    /// The protocol that it serves.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::BareTonic | Self::EmptyTonicLayer | Self::OtelAutoTonic | Self::TonicTracing => {
                Protocol::Grpc
            }
            _ => Protocol::Http,
        }
    }
}

/// The outcome for the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Every request begins a trace that is exported.
    Sampled,
    /// Every request continues the trace of its `traceparent`, and is exported.
    Continued,
    /// The sampler is `always_off`.
    NotSampled,
    /// There is no SDK: `OTEL_SDK_DISABLED=true`, or no provider if the subject does not read that
    /// variable.
    Disabled,
}

impl Scenario {
    /// All scenarios, in the order of the table.
    pub const ALL: [Self; 4] = [
        Self::Sampled,
        Self::Continued,
        Self::NotSampled,
        Self::Disabled,
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Continued => "sampled, with a parent",
            Self::NotSampled => "not sampled",
            Self::Disabled => "disabled",
        }
    }

    /// The variables that configure the scenario.
    pub(crate) fn variables(self) -> [(&'static str, &'static str); 2] {
        let (sampler, disabled) = match self {
            Self::Sampled | Self::Continued => ("always_on", "false"),
            Self::NotSampled => ("always_off", "false"),
            Self::Disabled => ("always_on", "true"),
        };
        [
            ("OTEL_TRACES_SAMPLER", sampler),
            ("OTEL_SDK_DISABLED", disabled),
        ]
    }
}
