#!/usr/bin/env bash
# Tests ../../docker-compose.sh against engines that only pretend: which commands it gives them, and
# what it says when something is missing. Needs no container engine.
# shellcheck disable=SC2034 # the fake engine reads the fake_* variables
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What the caller has set is no part of a test.
for variable in $(compgen -v | grep -E '_(PORT|IMAGE)$'); do unset "$variable"; done

scratch=$(mktemp -d)
listener=""
trap '[[ -z $listener ]] || kill "$listener"; rm -rf "$scratch"' EXIT
passed=0 failed=0

# A copy of what the script reads, for a .env of its own.
workspace=$scratch/workspace
mkdir -p "$workspace/docker"
cp docker-compose.sh docker-compose-*.yaml "$workspace"
cp docker/*.yaml "$workspace/docker"

# A PATH with the everyday programs and, one by one, the engines a test asks for.
everyday=$scratch/everyday
mkdir "$everyday"
for program in awk bash cat dirname env grep head sed sleep; do
    ln -s "$(command -v "$program")" "$everyday/$program"
done

# The engine. Its answers are in variables; every command that would change something is written
# down in $calls.
fake=$scratch/fake
cat >"$fake" <<'FAKE'
#!/usr/bin/env bash
name=${0##*/}
[[ $name == docker-compose ]] && set -- compose "$@"
case "$*" in
    "compose version") exit "${fake_compose:-0}" ;;
    info) echo "${fake_info:-}"; [[ -z ${fake_info:-} ]] ;;
    ps\ --all*otel-rust-"${fake_running:-none}") echo id ;;
    ps\ --filter\ publish=*) echo "${fake_holder:-}" ;;
    ps* | volume*) ;;
    image\ inspect*) [[ " ${fake_images:-} " == *" $3 "* ]] ;;
    inspect*\ id) echo "id ${fake_state:-sample healthy}" ;;
    inspect*) [[ -n ${fake_owner:-} ]] && echo "$fake_owner" ;;
    logs*) printf '%s\n' '{"name": "span"}' 'sample   trace' 'manual   http://localhost:16686/trace/1' \
        '{"name": "span"}' 'sample   trace' 'manual   http://localhost:16686/trace/2' ;;
    *)
        echo "$name $*" >>"$calls"
        case "$*" in
            pull*) exit "${fake_pull:-0}" ;;
            *\ build) exit "${fake_build:-0}" ;;
            *\ up*) exit "${fake_up:-0}" ;;
            exec*) exit "${fake_exec:-0}" ;;
        esac
        ;;
esac
FAKE
chmod +x "$fake"

# A terminal at which somebody types one line: at_terminal.py LINE COMMAND…
cat >"$scratch/at_terminal.py" <<'PYTHON'
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode() + b"\n")
try:
    while chunk := os.read(terminal, 4096):
        os.write(1, chunk)
except OSError:
    pass  # what Linux says once the other side is closed
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON

# Runs docker-compose.sh: [typed=LINE] try EXIT_CODE "ENGINES" "VARIABLES" ARGUMENTS…
# Its output is then in $out, its messages in $err, the commands that an engine got in $calls.
# With something typed it runs at a terminal, and its messages are in $out too.
out=$scratch/out err=$scratch/err
export calls=$scratch/calls
try() {
    local expected=$1 engines=$2 variables=$3 bin=$scratch/bin code=0 engine terminal=()
    shift 3
    rm -rf "$bin" && mkdir "$bin" && : >"$calls"
    for engine in $engines; do ln -s "$fake" "$bin/$engine"; done
    case_name="$* [$engines] $variables"
    [[ -z ${typed:-} ]] || terminal=(python3 "$scratch/at_terminal.py" "$typed")
    # Ports nobody uses, unless the test names others.
    eval "UI_PORT=1 QUERY_GRPC_PORT=1 OTLP_GRPC_PORT=1 OTLP_HTTP_PORT=1 JAEGER_GRPC_PORT=1 JAEGER_THRIFT_PORT=1 ZIPKIN_PORT=1 \
        SAMPLING_PORT=1 SERVER_PORT=1 JAEGER_COMPACT_PORT=1 JAEGER_BINARY_PORT=1 WAIT_SECONDS=0 $variables \
        ${terminal[*]} env PATH=\"$bin:$everyday\" \"$workspace/docker-compose.sh\" \"\$@\"" </dev/null >"$out" 2>"$err" || code=$?
    check "exit code $expected, was $code" "$([[ $code == "$expected" ]] && echo yes)"
}
check() { # WHAT yes|…
    if [[ $2 == yes ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n  expected %s\n' "$case_name" "$1"
        sed 's/^/  | /' "$out" "$err" "$calls"
    fi
}
says() { check "\"$2\" in ${1##*/}" "$(grep -qF -- "$2" "$1" && echo yes)"; }
nothing_done() { check "no command to the engine" "$([[ ! -s $calls ]] && echo yes)"; }
is() { # FILE: equals standard input
    check "exactly: $(tee "$scratch/expected")" "$(cmp -s "$1" "$scratch/expected" && echo yes)"
}

jaeger=$(sed -n 's/.*{JAEGER_IMAGE:-\(.*\)}/\1/p' docker-compose-jaeger.yaml)
tempo=$(sed -n 's/.*{TEMPO_IMAGE:-\(.*\)}/\1/p' docker-compose-tempo.yaml)
grafana=$(sed -n 's/.*{GRAFANA_IMAGE:-\(.*\)}/\1/p' docker/grafana.yaml)

# --- usage ---
try 0 "" "" --help
says "$out" "usage: ./docker-compose.sh COMMAND"
# Every variable of the compose files that is set from outside is in the help.
for variable in $(grep -oh '{[A-Z_]*_\(PORT\|IMAGE\):' docker-compose-*.yaml docker/*.yaml | tr -d '{:' | sort -u); do
    case $variable in SAMPLE_IMAGE | OTEL_BACKEND_IMAGE) ;; *) says "$out" "$variable" ;; esac
done
try 2 "" ""
says "$err" "usage:"
try 2 docker "" zipkin
says "$err" "unknown command zipkin"
try 2 docker "" jaeger --force
says "$err" "unknown argument --force"

# --- the engine ---
try 3 "" "" jaeger
says "$err" "neither docker nor podman"
try 3 docker fake_compose=1 jaeger
says "$err" "docker is here, compose is not"
try 3 podman fake_compose=1 jaeger
says "$err" "podman is here, compose is not"
try 3 docker 'fake_info="Cannot connect to the Docker daemon"' jaeger
says "$err" "no engine answers; start it"
try 3 docker 'fake_info="permission denied while trying to connect"' jaeger
says "$err" "add the user to the group docker"
nothing_done

# --- what would be run, for each engine ---
try 0 docker "" tempo --dry-run
nothing_done
is "$out" <<EXPECTED
docker pull $tempo
docker pull $grafana
docker compose -p otel-rust-tempo -f docker-compose-tempo.yaml build
docker compose -p otel-rust-tempo -f docker-compose-tempo.yaml up -d --no-build
EXPECTED
try 0 "docker docker-compose" fake_compose=1 jaeger --dry-run --no-build
nothing_done
is "$out" <<EXPECTED
docker pull $jaeger
docker-compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml up -d --no-build
EXPECTED
try 0 podman "" embedded --dry-run --reset
nothing_done
is "$out" <<'EXPECTED'
podman compose -p otel-rust-embedded -f docker-compose-embedded.yaml down --remove-orphans --volumes --timeout 0
podman compose -p otel-rust-embedded -f docker-compose-embedded.yaml build
podman compose -p otel-rust-embedded -f docker-compose-embedded.yaml up -d --no-build
EXPECTED
try 0 podman "" verify --dry-run
is "$out" <<'EXPECTED'
podman exec otel-rust-sample ./bootstrap.sh --once
EXPECTED
try 0 "docker docker-compose" fake_compose=1 logs --dry-run -f sample
nothing_done
is "$out" <<'EXPECTED'
docker-compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml logs -f sample
docker-compose -p otel-rust-tempo -f docker-compose-tempo.yaml logs -f sample
docker-compose -p otel-rust-embedded -f docker-compose-embedded.yaml logs -f sample
EXPECTED
try 0 docker "" status --dry-run
says "$out" "docker ps --all --filter label=com.docker.compose.project=otel-rust-tempo"
try 0 podman "" down --dry-run
is "$out" <<'EXPECTED'
podman compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml down --remove-orphans
podman compose -p otel-rust-tempo -f docker-compose-tempo.yaml down --remove-orphans
podman compose -p otel-rust-embedded -f docker-compose-embedded.yaml down --remove-orphans
EXPECTED

# --- a start that goes well ---
try 0 docker "fake_running=jaeger" jaeger
says "$err" "sample is healthy"
says "$out" "manual   http://localhost:16686/trace/2"
check "nothing of an earlier run" "$(grep -q 'trace/1$' "$out" || echo yes)"
says "$out" "docker exec -it otel-rust-sample bash"
check "no span in the summary" "$(grep -q '"span"' "$out" || echo yes)"
is "$calls" <<EXPECTED
docker pull $jaeger
docker compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml build
docker compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml up -d --no-build
EXPECTED

# --- what can be in the way ---
try 7 docker fake_running=tempo jaeger
says "$err" "tempo is running; ./docker-compose.sh down stops it"
nothing_done
try 7 docker fake_owner=workspace jaeger
says "$err" 'of the compose project "workspace"'
nothing_done

exec 4< <(exec python3 -uc 'if True:
    import socket, threading
    listener = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], datagrams.getsockname()[1])
    threading.Event().wait()')
listener=$!
read -r port udp_port <&4
try 4 docker "OTLP_GRPC_PORT=$port fake_holder=collector" embedded
says "$err" "port $port/tcp (OTLP gRPC) is taken by the container collector; OTLP_GRPC_PORT=PORT ./docker-compose.sh embedded moves it"
nothing_done
try 4 docker "JAEGER_COMPACT_PORT=$udp_port" jaeger
says "$err" "port $udp_port/udp (Jaeger Thrift compact) is taken"
cat >"$scratch/ss" <<'SS'
#!/usr/bin/env bash
echo 'LISTEN 0 128 127.0.0.1:4317 0.0.0.0:* users:(("otelcol",pid=42,fd=7))'
SS
chmod +x "$scratch/ss" && ln -s "$scratch/ss" "$everyday/ss"
try 4 docker "OTLP_GRPC_PORT=$port" embedded
says "$err" "port $port/tcp (OTLP gRPC) is taken by the program otelcol;"
rm "$everyday/ss"
# What .env says counts, unless the environment says otherwise.
printf 'UI_PORT=%s\n# a comment\nGRAFANA_PORT="4000"\n' "$port" >"$workspace/.env"
try 4 docker "env -u UI_PORT" embedded
says "$err" "port $port/tcp (trace page and query API) is taken"
try 0 docker "fake_running=embedded UI_PORT=1" embedded
try 0 docker "fake_running=tempo" status
says "$out" "http://localhost:4000/explore"
rm "$workspace/.env"

try 5 docker fake_pull=1 tempo
says "$err" "the image $tempo cannot be pulled"
says "$err" "TEMPO_IMAGE=IMAGE uses another"
try 0 docker "fake_pull=1 fake_images=${jaeger%@*}" jaeger
says "$err" "${jaeger%@*} is on this machine and is used; its digest could not be checked"
try 0 docker "fake_running=jaeger JAEGER_IMAGE=mirror/jaeger:2 fake_images='mirror/jaeger:2 otel-rust-sample:local'" jaeger --no-build
is "$calls" <<'EXPECTED'
docker compose -p otel-rust-jaeger -f docker-compose-jaeger.yaml up -d --no-build
EXPECTED
try 6 docker fake_build=1 embedded
says "$err" "cannot be built"
try 6 docker "" embedded --no-build
says "$err" "without --no-build it is built"
nothing_done
try 1 docker "fake_running=jaeger fake_state='sample unhealthy'" jaeger
says "$err" "sample is unhealthy; the last words are above"
says "$err" '"span"'
try 1 docker "fake_running=jaeger fake_state='sample starting'" jaeger
says "$err" "still not healthy: sample"
try 1 docker fake_up=1 jaeger
says "$err" "compose could not start everything"

# --- once it runs ---
try 0 docker "fake_running=tempo GRAFANA_PORT=3001" status
says "$out" "sample              healthy"
says "$out" "http://localhost:3001/explore"
try 1 docker "" status
says "$err" "nothing is running"
try 0 docker fake_running=tempo logs -f sample
is "$calls" <<'EXPECTED'
docker compose -p otel-rust-tempo -f docker-compose-tempo.yaml logs -f sample
EXPECTED
try 1 docker "fake_running=tempo fake_exec=1" verify
is "$calls" <<'EXPECTED'
docker exec otel-rust-sample ./bootstrap.sh --once
EXPECTED

# --- down ---
try 0 docker "" down
says "$err" "Nothing is running."
nothing_done
try 0 docker fake_running=embedded down
is "$calls" <<'EXPECTED'
docker compose -p otel-rust-embedded -f docker-compose-embedded.yaml down --remove-orphans
EXPECTED
try 2 docker fake_running=embedded down --reset
says "$err" "add --yes"
nothing_done
typed=y try 0 docker fake_running=embedded down --reset
says "$out" "Remove the stored traces of embedded? [y/N]"
is "$calls" <<'EXPECTED'
docker compose -p otel-rust-embedded -f docker-compose-embedded.yaml down --remove-orphans --volumes --timeout 0
EXPECTED
typed=n try 2 docker fake_running=embedded down --reset
says "$out" "nothing was removed"
nothing_done
typed=n try 2 docker "" jaeger --reset
nothing_done
try 0 docker fake_running=embedded down --reset --yes
is "$calls" <<'EXPECTED'
docker compose -p otel-rust-embedded -f docker-compose-embedded.yaml down --remove-orphans --volumes --timeout 0
EXPECTED

echo "docker-compose.sh: $passed checks passed, $failed failed"
[[ $failed == 0 ]]
