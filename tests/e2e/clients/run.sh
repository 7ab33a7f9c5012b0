#!/usr/bin/env bash
# Sends a trace with the SDK of each language, by each of its protocols to each port that takes it, and
# compares what otel-backend returns with what the program says that it made. At every other port the SDK
# itself must print an error with the number of the right one.
#
# usage: run.sh [python|node|browser|go|java ...]; by default all. What they need is installed by their own package
# managers into target/clients. TARGET_DIR names another target directory.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
programs=${TARGET_DIR:-$root/target}/debug
work=${TARGET_DIR:-$root/target}/clients
mkdir -p "$work"

# Installs what a client needs, in its folder.
install() {
    case $1 in
        python)
            python3 -m venv venv
            venv/bin/pip --quiet install --requirement requirements.txt
            ;;
        node | browser)
            npm install --silent --no-audit --no-fund
            npx esbuild browser.js --bundle --format=esm --outdir=bundle --log-level=error
            ;;
        go) go build -o clients . ;;
        java) mvn -q -B package dependency:copy-dependencies -DoutputDirectory=target/lib ;;
    esac
}

# Runs a client: LANGUAGE PROTOCOL ADDRESS.
client() {
    case $1 in
        python) "$work/python/venv/bin/python" "$work/python/client.py" "$2" "$3" ;;
        node) node "$work/javascript/node.js" "$2" "$3" ;;
        browser) node "$work/javascript/page.js" "$2" "$3" ;;
        go) "$work/go/clients" "$2" "$3" ;;
        java) java -cp "$work/java/target/classes:$work/java/target/lib/*" Client "$2" "$3" ;;
    esac
}

# The protocols of a language's exporters.
protocols() {
    case $1 in
        python) echo otlp-http otlp-grpc zipkin ;;
        node) echo otlp-http otlp-json otlp-grpc zipkin ;;
        browser) echo otlp-http otlp-json ;;
        go | java) echo otlp-http otlp-grpc ;;
    esac
}

# The ports of a protocol, as the backend calls them. OTLP is taken on both of its ports.
ports() {
    case $1 in
        zipkin) echo Zipkin ;;
        *) printf '%s\n' "OTLP HTTP" "OTLP gRPC" ;;
    esac
}

# The other ports.
wrong_ports() {
    case $1 in
        zipkin) printf '%s\n' "OTLP HTTP" "OTLP gRPC" ;;
        *) echo Zipkin ;;
    esac
    printf '%s\n' "Jaeger Thrift HTTP" "Jaeger gRPC" "remote sampling" "query gRPC" "trace page and query API"
}

# The port that the backend names for a protocol.
right_port() {
    case $1 in
        zipkin) address Zipkin ;;
        otlp-grpc) address "OTLP gRPC" ;;
        *) address "OTLP HTTP" ;;
    esac
}

# Fails unless a client says at a wrong port which one is right: LANGUAGE PROTOCOL PORT.
refused() {
    local said=$work/$1-$2-${3// /-}.err right name named
    name="$1 to the port of $3 by $2"
    right=$(right_port "$2")
    if client "$1" "$2" "$(address "$3")" >/dev/null 2>"$said"; then
        echo "$name: the client says nothing" >&2
        return 1
    fi
    named="port ${right##*:}"
    # Node's exporter for Zipkin prints the status alone.
    [[ $1-$2 == node-zipkin ]] && named="status code from zipkin: 404"
    if ! grep -q "$named" "$said"; then
        echo "$name: the client does not name the right port" >&2
        cat "$said" >&2
        return 1
    fi
    echo "$name: refused: $named"
}

log=$work/backend.log
env -i "$programs/otel-backend" --memory --ui-port 0 --query-grpc-port 0 --otlp-grpc-port 0 \
    --otlp-http-port 0 --jaeger-thrift-port 0 --jaeger-grpc-port 0 --jaeger-compact-port 0 \
    --jaeger-binary-port 0 --zipkin-port 0 --sampling-port 0 2>"$log" &
backend=$!
trap 'kill $backend' EXIT
until grep -q '^otel-backend: ready' "$log"; do
    kill -0 $backend || { cat "$log" >&2; exit 1; }
    sleep 0.1
done
address() { sed -n "s|.* listening on \(http://[^ ]*\) ($1)\$|\1|p" "$log"; }
query=$(address "trace page and query API")

failed=0
[ $# -gt 0 ] || set -- python node browser go java
for language; do
    folder=$language
    case $language in node | browser) folder=javascript ;; esac
    [ -d "$here/$folder" ] || { echo "there is no client in $language" >&2; exit 2; }
    mkdir -p "$work/$folder"
    cp -r "$here/$folder/." "$work/$folder"
    (cd "$work/$folder" && install "$language")
    for protocol in $(protocols "$language"); do
        while read -r port; do
            printed=$work/$language-$protocol-${port// /-}.log
            name="$language to the port of $port"
            if ! client "$language" "$protocol" "$(address "$port")" >"$printed"; then
                echo "$name by $protocol: the client failed" >&2
                failed=1
            elif ! "$programs/trace-check" verify --query-url "$query" "$name:$protocol:3:$printed"; then
                failed=1
            fi
        done < <(ports "$protocol")
        # The console of a page is not read.
        [[ $language == browser ]] && continue
        while read -r port; do
            refused "$language" "$protocol" "$port" || failed=1
        done < <(wrong_ports "$protocol")
    done
    if [[ $language == python ]]; then
        "$work/python/venv/bin/python" "$work/python/instrumented.py" "$query" \
            "$(address "OTLP HTTP")" "$(address "OTLP gRPC")" || failed=1
    fi
done
exit $failed
