#!/usr/bin/env bash
# Runs the samples, or the gallery of troubles, against a backend and proves what arrived. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'HELP'
Runs the samples, reads their traces back from the backend, and prints where to look at them.

usage: ./bootstrap.sh [gallery] [--once]

  gallery  run the shop instead, with twelve troubles; docs/gallery.md explains each
  --once   exit after the table instead of staying up until Ctrl-C
  --help   this text

With no BACKEND_HOST it builds the workspace and starts otel-backend on this machine. With one it
sends to the backend on that host and starts none. It exits with 0 when every span was found and
equal (with gallery, when each query finds its trouble and nothing else), with 1 when one is missing or
differs, and with 2 when it could not start.

variable                         default                          what
BACKEND_HOST                     (none: start otel-backend)       the host that runs the backend
BACKEND_KIND                     embedded                         embedded, jaeger or tempo: how traces are read back
TRACE_QUERY_URL                  http://HOST:16686 (tempo: 3200)  where traces are read back
TRACE_URL_TEMPLATE               http://localhost:16686/trace/{trace_id} (tempo: its API)  what a person opens
SERVER_PORT                      8082                             the sample server
OTEL_BACKEND_UI_PORT             16686                            trace page and query API
OTEL_BACKEND_JAEGER_THRIFT_PORT  14268                            Jaeger Thrift over HTTP
OTEL_BACKEND_JAEGER_GRPC_PORT    14250                            Jaeger gRPC
OTEL_BACKEND_OTLP_GRPC_PORT      4317                             OTLP gRPC
OTEL_BACKEND_OTLP_HTTP_PORT      4318                             OTLP HTTP
OTEL_BACKEND_QUERY_GRPC_PORT     16685                            query API over gRPC
OTEL_BACKEND_JAEGER_COMPACT_PORT 6831                             Jaeger Thrift compact, UDP
OTEL_BACKEND_JAEGER_BINARY_PORT  6832                             Jaeger Thrift binary, UDP
OTEL_BACKEND_ZIPKIN_PORT         9411                             Zipkin
OTEL_BACKEND_SAMPLING_PORT       5778                             remote sampling
BUILD_PROFILE                    release                          the cargo profile to build with
HELP
}

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "bootstrap: $*"
    exit 2
}

once=false
gallery=false
for argument in "$@"; do
    case $argument in
        gallery) gallery=true ;;
        --once) once=true ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) fail "unknown argument $argument; ./bootstrap.sh --help lists what there is" ;;
    esac
done

# --- where everything is ---------------------------------------------------------------------

server_port=${SERVER_PORT:-8082}
ui_port=${OTEL_BACKEND_UI_PORT:-16686}
thrift_port=${OTEL_BACKEND_JAEGER_THRIFT_PORT:-14268}
jaeger_grpc_port=${OTEL_BACKEND_JAEGER_GRPC_PORT:-14250}
otlp_grpc_port=${OTEL_BACKEND_OTLP_GRPC_PORT:-4317}
otlp_http_port=${OTEL_BACKEND_OTLP_HTTP_PORT:-4318}

start_backend=false
if [[ -z ${BACKEND_HOST:-} ]]; then
    start_backend=true
    BACKEND_HOST=127.0.0.1
fi
case ${BACKEND_KIND:-embedded} in
    embedded | jaeger)
        query_url=${TRACE_QUERY_URL:-http://$BACKEND_HOST:$ui_port}
        export TRACE_URL_TEMPLATE=${TRACE_URL_TEMPLATE:-http://localhost:$ui_port/trace/{trace_id\}}
        ;;
    tempo)
        query_url=${TRACE_QUERY_URL:-http://$BACKEND_HOST:3200}
        export TRACE_URL_TEMPLATE=${TRACE_URL_TEMPLATE:-$query_url/api/v2/traces/{trace_id\}}
        ;;
    *) fail "BACKEND_KIND is $BACKEND_KIND; it can be embedded, jaeger or tempo" ;;
esac

# --- the programs: built from this checkout, or already on PATH ----------------------------------

if [[ -f Cargo.toml ]]; then
    command -v cargo >/dev/null || fail "cargo is missing; https://rustup.rs installs it"
    profile=${BUILD_PROFILE:-release}
    cargo build --locked --bins --profile "$profile" || fail "the build failed; see above"
    folder=$profile
    [[ $profile == dev ]] && folder=debug
    PATH=${CARGO_TARGET_DIR:-$PWD/target}/$folder:$PATH
fi
programs="automatic-server automatic-client manual-thrift manual-grpc manual-otlp trace-check"
if $gallery; then programs="shop trace-check"; fi
if $start_backend; then programs="otel-backend $programs"; fi
for program in $programs; do
    command -v "$program" >/dev/null || fail "$program is not on PATH"
done

# --- start, and stop whatever was started on every way out ---------------------------------------

output=$(mktemp -d)
started=""
stop() {
    local pid
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    for pid in $started; do wait "$pid" 2>/dev/null || true; done
    # The server has flushed by now, and says what became of its spans.
    if [[ -f $output/automatic-server.err ]]; then cat "$output/automatic-server.err" >&2; fi
    rm -rf "$output"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Fails when something listens on the port already: the samples would talk to a stranger.
need_port() { # VARIABLE PORT WHAT
    if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then
        fail "port $2 ($3) is taken; $1=PORT ./bootstrap.sh moves it"
    fi
}
need_udp_port() { # VARIABLE PORT WHAT
    if grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$2") " /proc/net/udp /proc/net/udp6 2>/dev/null; then
        fail "port $2/udp ($3) is taken; $1=PORT ./bootstrap.sh moves it"
    fi
}

# Waits for a health answer, for as long as the program lives.
await() { # PID URL NAME
    until trace-check wait "$2" --timeout 0.2 2>/dev/null; do
        kill -0 "$1" 2>/dev/null || {
            cat "$output/$3.err" >&2
            rm "$output/$3.err"
            fail "$3 did not start; its own words are above"
        }
    done
}

$gallery || need_port SERVER_PORT "$server_port" "the sample server"
if $start_backend; then
    need_port OTEL_BACKEND_UI_PORT "$ui_port" "trace page and query API"
    need_port OTEL_BACKEND_JAEGER_THRIFT_PORT "$thrift_port" "Jaeger Thrift over HTTP"
    need_port OTEL_BACKEND_JAEGER_GRPC_PORT "$jaeger_grpc_port" "Jaeger gRPC"
    need_port OTEL_BACKEND_OTLP_GRPC_PORT "$otlp_grpc_port" "OTLP gRPC"
    need_port OTEL_BACKEND_OTLP_HTTP_PORT "$otlp_http_port" "OTLP HTTP"
    need_port OTEL_BACKEND_QUERY_GRPC_PORT "${OTEL_BACKEND_QUERY_GRPC_PORT:-16685}" "query API over gRPC"
    need_port OTEL_BACKEND_ZIPKIN_PORT "${OTEL_BACKEND_ZIPKIN_PORT:-9411}" "Zipkin"
    need_udp_port OTEL_BACKEND_JAEGER_COMPACT_PORT "${OTEL_BACKEND_JAEGER_COMPACT_PORT:-6831}" "Jaeger Thrift compact"
    need_udp_port OTEL_BACKEND_JAEGER_BINARY_PORT "${OTEL_BACKEND_JAEGER_BINARY_PORT:-6832}" "Jaeger Thrift binary"
    need_port OTEL_BACKEND_SAMPLING_PORT "${OTEL_BACKEND_SAMPLING_PORT:-5778}" "remote sampling"
    say "Starting otel-backend..."
    otel-backend >"$output/otel-backend.out" 2>"$output/otel-backend.err" &
    started="$started $!"
    await $! "http://127.0.0.1:$ui_port/health" otel-backend
fi

stay() {
    $once && return
    say
    say "Open one of the addresses above. Ctrl-C stops everything."
    # shellcheck disable=SC2086 # a list of process ids
    wait $started
}

# --- the gallery ---------------------------------------------------------------------------------

if $gallery; then
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://$BACKEND_HOST:$otlp_grpc_port OTEL_EXPORTER_OTLP_PROTOCOL=grpc
    options=(--query-url "$query_url")
    # Jaeger has no TraceQL to search with.
    if [[ ${BACKEND_KIND:-} == jaeger ]]; then options+=(--unchecked); fi
    say "Starting the gallery; it takes half a minute..."
    shop gallery "${options[@]}" &
    started="$started $!"
    wait $! || exit
    stay
    exit
fi

# --- the samples ---------------------------------------------------------------------------------

thrift_endpoint=http://$BACKEND_HOST:$thrift_port/api/traces

say "Starting Server..."
OTEL_SERVICE_NAME=rust-thrift-server-automatic \
    OTEL_TRACES_EXPORTER=jaeger_thrift,console \
    OTEL_EXPORTER_JAEGER_ENDPOINT=$thrift_endpoint \
    OTEL_BSP_SCHEDULE_DELAY=100 \
    SERVER_ADDR=${SERVER_ADDR:-127.0.0.1:$server_port} \
    automatic-server >"$output/automatic-server.out" 2>"$output/automatic-server.err" &
server=$!
started="$started $server"
await "$server" "http://127.0.0.1:$server_port/health" automatic-server

# Each sample prints its spans on standard output, and its delivery on standard error.

run() { # PROGRAM ARGUMENTS…
    local failed=false
    "$@" >"$output/$1.out" 2>"$output/$1.err" || failed=true
    cat "$output/$1.out"
    cat "$output/$1.err" >&2
    if $failed; then say "bootstrap: $1 failed; its own words are above"; fi
}

say "Starting Client..."
OTEL_SERVICE_NAME=rust-thrift-client-automatic \
    OTEL_TRACES_EXPORTER=jaeger_thrift,console \
    OTEL_EXPORTER_JAEGER_ENDPOINT=$thrift_endpoint \
    SERVER_URL=http://localhost:$server_port \
    run automatic-client testing

say "Starting Manual gRPC..."
OTEL_EXPORTER_JAEGER_ENDPOINT=http://$BACKEND_HOST:$jaeger_grpc_port run manual-grpc

say "Starting Manual Thrift..."
OTEL_EXPORTER_JAEGER_ENDPOINT=$thrift_endpoint run manual-thrift

say "Starting Manual OTLP..."
OTEL_EXPORTER_OTLP_ENDPOINT=http://$BACKEND_HOST:$otlp_grpc_port run manual-otlp

# --- the proof -----------------------------------------------------------------------------------

whole=true
trace-check verify --query-url "$query_url" \
    "automatic:thrift-http:4:$output/automatic-client.out,$output/automatic-server.out" \
    "manual-grpc:jaeger-grpc:3:$output/manual-grpc.out" \
    "manual-thrift:thrift-http:3:$output/manual-thrift.out" \
    "manual-otlp:otlp-grpc:3:$output/manual-otlp.out" >"$output/table" || whole=false
cat "$output/automatic-server.out" "$output/table"
$whole || {
    say "bootstrap: not every trace arrived whole; README.md, \"My trace does not appear\", says what to check"
    exit 1
}

stay
