//! A TraceQL query; an accepted one is printed and parsed again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    if let Ok(parsed) = traceql::parse(query) {
        assert_eq!(traceql::parse(&parsed.to_string()), Ok(parsed));
    }
    drop(traceql::parse_lenient(query));
});
