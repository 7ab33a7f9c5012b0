//! Tests values at the edges of the accepted ranges.

use super::*;

/// Reads one variable; returns the configuration and the number of problems.
fn one(name: &'static str, value: &'static str) -> (Config, usize) {
    let (config, problems) = read(&[(name, value)]);
    (config, problems.lines().count())
}

#[test]
fn counts() {
    let cases = [
        ("1", 1, 0),
        (" 7 ", 7, 0),
        ("+7", 7, 0),
        ("1000000", 1_000_000, 0),
        ("1000001", 2048, 1),
        ("0", 2048, 1),
        ("-1", 2048, 1),
        ("1.0", 2048, 1),
        ("1e3", 2048, 1),
        ("18446744073709551616", 2048, 1),
        ("\u{664}\u{662}", 2048, 1),
        ("", 2048, 0),
        ("  ", 2048, 0),
    ];
    for (value, size, problems) in cases {
        let (config, reported) = one("OTEL_BSP_MAX_QUEUE_SIZE", value);
        assert_eq!(
            (config.processors[0].batch.unwrap().max_queue_size, reported),
            (size, problems),
            "{value:?}"
        );
    }
}

#[test]
fn limits() {
    let cases = [
        ("0", 0, 0),
        ("4294967295", u32::MAX, 0),
        ("4294967296", 128, 1),
        ("-1", 128, 1),
        ("none", 128, 1),
    ];
    for (value, limit, problems) in cases {
        let (config, reported) = one("OTEL_ATTRIBUTE_COUNT_LIMIT", value);
        let counts = config.limits;
        assert_eq!(
            (counts.max_attributes_per_span, reported),
            (limit, problems),
            "{value:?}"
        );
    }
    let cut_to_nothing = one("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0").0;
    assert_eq!(cut_to_nothing.limits.value_length, Some(0));
}

#[test]
fn times() {
    let cases = [
        ("0", 2_147_483_647, 1),
        ("1", 1, 1),
        ("2147483647", 2_147_483_647, 2_147_483_647),
    ];
    for (value, timeout, delay) in cases {
        let config = config(&[
            ("OTEL_BSP_EXPORT_TIMEOUT", value),
            ("OTEL_BSP_SCHEDULE_DELAY", value),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", value),
        ]);
        assert_eq!(
            config.processors[0]
                .batch
                .unwrap()
                .export_timeout
                .as_millis(),
            timeout,
            "{value}"
        );
        assert_eq!(
            config.processors[0]
                .batch
                .unwrap()
                .schedule_delay
                .as_millis(),
            delay,
            "{value}"
        );
        assert_eq!(only_otlp(config).timeout.as_millis(), timeout, "{value}");
    }
}

#[test]
fn ratios() {
    for (value, expected, problems) in [
        ("0", "0.0", 0),
        ("1", "1.0", 0),
        ("1e-3", "0.001", 0),
        ("0.0000001", "1e-7", 0),
        ("-0.0", "-0.0", 0),
        ("1.0000001", "1.0", 1),
        ("inf", "1.0", 1),
        ("nan", "1.0", 1),
        ("0,5", "1.0", 1),
        ("50%", "1.0", 1),
    ] {
        let (config, reported) = read(&[
            ("OTEL_TRACES_SAMPLER", "TraceIdRatio"),
            ("OTEL_TRACES_SAMPLER_ARG", value),
        ]);
        let expected = format!("TraceIdRatioBased({expected})");
        assert_eq!(format!("{:?}", config.sampler), expected, "{value}");
        assert_eq!(reported.lines().count(), problems, "{reported}");
    }
}

#[test]
fn booleans() {
    for (value, disabled, problems) in [
        ("TRUE", true, 0),
        (" true ", true, 0),
        ("False", false, 0),
        ("1", false, 1),
        ("yes", false, 1),
        ("", false, 0),
    ] {
        let (config, reported) = one("OTEL_SDK_DISABLED", value);
        assert_eq!(
            (config.disabled, reported),
            (disabled, problems),
            "{value:?}"
        );
    }
}

#[test]
fn lists() {
    for (value, exporters, problems) in [
        ("console,console", 1, 0),
        (" Console , OTLP ", 2, 0),
        ("otlp,,console,", 2, 0),
        ("none", 0, 0),
        ("NONE", 0, 0),
        ("none,console", 0, 1),
        ("console,none", 0, 1),
        ("logging", 1, 1),
        (",", 1, 0),
    ] {
        let (config, reported) = one("OTEL_TRACES_EXPORTER", value);
        assert_eq!(
            (config.processors.len(), reported),
            (exporters, problems),
            "{value:?}"
        );
    }
    let (config, problems) = one("OTEL_LOGS_EXPORTER", "console,none");
    assert_eq!((config.logs.processors.len(), problems), (0, 1));
}

#[test]
fn resource_attributes() {
    for (value, key, expected) in [
        ("a=b=c", "a", "b=c"),
        (" a = b ", "a", "b"),
        ("a=1,a=2", "a", "2"),
        ("a=,b=c", "b", "c"),
        ("a%20b=c%2Cd", "a b", "c,d"),
        ("service.name=", "service.name", "absent"),
    ] {
        let config = config(&[("OTEL_RESOURCE_ATTRIBUTES", value)]);
        let shown = attribute(&config, key);
        assert!(shown.starts_with(expected), "{value}: {shown}");
    }
}

#[test]
fn headers() {
    let shown = |value| {
        let headers = otlp(&[("OTEL_EXPORTER_OTLP_HEADERS", value)]).headers;
        let pairs = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}", value.to_str().unwrap()));
        pairs.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        shown("Authorization=Basic dTpw=="),
        "authorization:Basic dTpw=="
    );
    assert_eq!(shown("a=b, c = d,"), "a:b c:d");
    assert_eq!(shown("a="), "a:");
    for bad in ["a", "=b", "a b=c", "a=%zz", "a=%0A"] {
        let (config, problems) = one("OTEL_EXPORTER_OTLP_HEADERS", bad);
        assert_eq!((only_otlp(config).headers.len(), problems), (0, 1), "{bad}");
    }
}

#[test]
fn endpoints() {
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let endpoint = |value| otlp(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]).endpoint;
    assert_eq!(endpoint("http://h:1/?k=v"), "http://h:1/v1/traces?k=v");
    assert_eq!(endpoint(" HTTPS://h "), "HTTPS://h/v1/traces");
    for bad in [
        "h:4318",
        "http://",
        "http://h:99999",
        "ftp://h",
        "http://h h",
    ] {
        let (config, problems) = one("OTEL_EXPORTER_OTLP_ENDPOINT", bad);
        let default = "http://localhost:4318/v1/traces";
        assert_eq!(
            (only_otlp(config).endpoint.as_str(), problems),
            (default, 1),
            "{bad}"
        );
    }
    for bare in ["h:4317", "[::1]:4317", "127.0.0.1:1"] {
        let endpoint = otlp(&[grpc, ("OTEL_EXPORTER_OTLP_ENDPOINT", bare)]).endpoint;
        assert_eq!(endpoint, format!("https://{bare}"));
    }
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    let (config, problems) = read(&[grpc, insecure, ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h")]);
    assert_eq!(only_otlp(config).endpoint, "https://h");
    assert!(problems.contains("although insecure is set"), "{problems}");
}

#[test]
fn detectors() {
    for (value, count, problems) in [
        ("all", 5, 0),
        ("none", 0, 0),
        ("host,none", 0, 1),
        ("host,gpu,process", 2, 1),
        ("", 0, 0),
    ] {
        let (config, reported) = one("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", value);
        let found = config.resource.detectors.len();
        assert_eq!((found, reported), (count, problems), "{value:?}");
    }
}
