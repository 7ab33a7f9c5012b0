#!/usr/bin/env bash
# Runs inside the sample container: one trace of the HTTP samples over every protocol that an
# exporter here speaks, each read back from the backend and compared span by span.
set -euo pipefail

scratch=$(mktemp -d)
server=""
trap '[[ -z $server ]] || kill "$server"; rm -rf "$scratch"' EXIT

over() { # PROTOCOL VARIABLE=VALUE…
    local out=$scratch/$1 what="automatic:$1:4:$scratch/$1.client,$scratch/$1.server"
    shift
    env "$@" OTEL_SERVICE_NAME=protocols-server OTEL_BSP_SCHEDULE_DELAY=100 SERVER_ADDR=127.0.0.1:8083 \
        automatic-server >"$out.server" 2>"$out.err" &
    server=$!
    until trace-check wait http://127.0.0.1:8083/health --timeout 1 2>/dev/null; do
        kill -0 "$server" || {
            cat "$out.err"
            return 1
        }
    done
    env "$@" OTEL_SERVICE_NAME=protocols-client SERVER_URL=http://127.0.0.1:8083 \
        automatic-client testing >"$out.client" 2>>"$out.err"
    trace-check verify --query-url "$TRACE_QUERY_URL" --trace-url "{trace_id}" "$what" >"$out.table" ||
        { cat "$out.err" "$out.table" && return 1; }
    sed -n 2p "$out.table"
    kill "$server"
    wait "$server" || true
    server=""
}

jaeger="OTEL_TRACES_EXPORTER=jaeger,console OTEL_EXPORTER_JAEGER_AGENT_HOST=backend OTEL_EXPORTER_JAEGER_PROTOCOL"
otlp="OTEL_TRACES_EXPORTER=otlp,console OTEL_EXPORTER_OTLP_PROTOCOL"
# shellcheck disable=SC2086 # lists of variables
{
    over thrift-http $jaeger=http/thrift.binary OTEL_EXPORTER_JAEGER_ENDPOINT=http://backend:14268/api/traces
    over jaeger-grpc $jaeger=grpc OTEL_EXPORTER_JAEGER_ENDPOINT=http://backend:14250
    over thrift-compact $jaeger=udp/thrift.compact
    over thrift-binary $jaeger=udp/thrift.binary
    over otlp-grpc $otlp=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://backend:4317
    over otlp-http $otlp=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=http://backend:4318
    over otlp-json $otlp=http/json OTEL_EXPORTER_OTLP_ENDPOINT=http://backend:4318
}
