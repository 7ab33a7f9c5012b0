#!/usr/bin/env bash
# Really runs the compose files: builds the images, starts each backend that can be had here, sends
# the samples' traces to it and finds them again, also after a restart, and leaves nothing behind.
# Needs a Docker engine, compose, curl and python3-yaml; without a registry root and debootstrap too.
# JAEGER and TEMPO may name programs, from which images are made where theirs cannot be pulled.
# KEEP_IMAGES=yes keeps the images, which makes the next run short; BUILD_PROFILE=dev builds them sooner.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unchecked=()
brought="" # images that were not here before
scratch=$(mktemp -d)

step() { printf '\n--- %s (%d s)\n' "$*" "$SECONDS"; }
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
ok() { echo "ok: $*"; }

for program in docker curl python3; do
    command -v "$program" >/dev/null || fail "$program is missing"
done
docker info >/dev/null 2>&1 || fail "no Docker engine answers"

ours() { # KIND…: everything of our compose projects
    local backend
    for backend in jaeger tempo embedded; do
        docker "$@" --quiet --filter "label=com.docker.compose.project=otel-rust-$backend"
    done
}
everything() {
    ours ps --all
    ours network ls
    ours volume ls
}
[[ -z $(everything) ]] || fail "containers or volumes of the workspace are here, and this test removes them; ./docker-compose.sh down --reset does so too"

clean_up() {
    local code=$?
    [[ $code == 0 ]] || docker logs --tail 50 otel-rust-sample 2>/dev/null || true
    ./docker-compose.sh down --reset --yes >/dev/null 2>&1 || true
    if [[ ${KEEP_IMAGES:-} != yes ]]; then
        # shellcheck disable=SC2086 # a list of names
        [[ -z $brought ]] || docker image rm $brought >/dev/null 2>&1 || true
        docker image prune --force --filter label=org.opencontainers.image.title=otel-rust-build >/dev/null || true
    fi
    rm -rf "$scratch"
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Every port is moved to a free one: the test disturbs nobody, and the variables are tried.
while IFS='=' read -r name port; do export "$name=$port"; done < <(
    grep -oh '{[A-Z_]*_PORT:' docker-compose-*.yaml docker/*.yaml | tr -d '{:' | sort -u | python3 -c 'if True:
        import random, socket, sys
        # Below the ports that the system gives to clients, which would take one in the meantime.
        ports = iter(random.sample(range(20000, 32000), 1000))
        for name in sys.stdin:
            for port in ports:
                try:
                    socket.create_server(("127.0.0.1", port)).close()
                    print(f"{name.strip()}={port}")
                    break
                except OSError:
                    pass  # taken
        '
)

step "the commands of docker-compose.sh"
docker/tests/commands.sh

step "the merged configurations"
if docker compose version >/dev/null 2>&1; then composes=("docker compose"); else composes=(); fi
if [[ $(docker-compose version --short 2>/dev/null) == 1.* ]]; then composes+=("docker-compose"); fi
[[ ${#composes[@]} -gt 0 ]] || fail "compose is missing"
[[ " ${composes[*]} " == *" docker compose "* ]] || unchecked+=("compose 2: it is not installed")
[[ " ${composes[*]} " == *" docker-compose "* ]] || unchecked+=("docker-compose 1.29: it is not installed")
python=python3 # a Debian package of its library serves Debian's own Python alone
python3 -c 'import yaml' 2>/dev/null || python=/usr/bin/python3
for compose in "${composes[@]}"; do
    for file in docker-compose-*.yaml docker/scale/docker-compose-*.yaml; do
        # shellcheck disable=SC2086 # a command and its first argument
        "$python" docker/tests/hardening.py "$file" $compose
    done
done
unchecked+=("docker/scale: the images of Kafka, ClickHouse and the object storage are not started")

finish() {
    step "done"
    [[ ${#unchecked[@]} == 0 ]] || printf 'unchecked: %s\n' "${unchecked[@]}"
}

step "base images"
if ! brought+=" $(docker/tests/base-images.sh)"; then
    unchecked+=("the images, and what runs in them: what they start from can be neither pulled nor made here")
    finish
    exit
fi

# --- what is asked of every backend --------------------------------------------------------------

started() { # BACKEND [OPTION…]: starts it and looks at what the person is told
    ./docker-compose.sh "$@" | tee "$scratch/started"
    grep -q 'docker exec -it otel-rust-sample bash' "$scratch/started" || fail "no word of the shell"
    grep -qE 'https?://localhost:[0-9]+/.*[0-9a-f]{32}' "$scratch/started" || fail "no address of a trace"
    [[ $(docker logs otel-rust-sample 2>/dev/null | grep -c '"trace_id"') -ge 13 ]] || fail "docker logs shows fewer than 13 spans"
    ok "$1 starts; the spans are in docker logs, the addresses on the screen"
}

round_trip() { # prints nothing but leaves the ids of the traces in $ids
    docker exec otel-rust-sample ./bootstrap.sh --once >"$scratch/bootstrap" 2>"$scratch/bootstrap.err" ||
        { cat "$scratch/bootstrap.err"; fail "bootstrap.sh ended with $?"; }
    sed -n '/^sample .*trace$/,$p' "$scratch/bootstrap" | tee "$scratch/table"
    # An address of Grafana has other digits right before those of the trace.
    ids=$(sed 's/%22/ /g' "$scratch/table" | grep -oE '[0-9a-f]{32}' | sort -u)
    [[ $(wc -w <<<"$ids") == 4 ]] || fail "the table has not four traces"
    ok "every span was found and is equal"
}

every_protocol() { # the small traces: datagrams of 10,000 spans at once may be lost on a busy machine
    docker exec otel-rust-sample trace-check roundtrip --prove --timeout 60 \
        --traces values,events,origins,ids,times,links,state,status,dropped,twice,search >"$scratch/roundtrip" ||
        { cat "$scratch/roundtrip"; fail "not everything came back over every protocol"; }
    tail -n 1 "$scratch/roundtrip"
    grep -q ': 8 of 8 protocols checked' "$scratch/roundtrip" || fail "not every protocol was checked"
    ok "what is hard to carry came back over each protocol"
}

gallery() { # VERDICT: how the last line ends
    docker exec otel-rust-sample ./bootstrap.sh gallery --once >"$scratch/gallery" 2>"$scratch/gallery.err" ||
        { cat "$scratch/gallery" "$scratch/gallery.err"; fail "bootstrap.sh gallery ended with $?"; }
    grep -q "^12 troubles.*$1\$" "$scratch/gallery" || { cat "$scratch/gallery"; fail "the gallery does not say: $1"; }
    ok "the gallery shows its twelve troubles: $(tail -n 1 "$scratch/gallery")"
}

shell_works() {
    local program tries=0
    for program in automatic-server automatic-client otel-instrument manual-thrift manual-grpc manual-otlp trace-check; do
        docker exec otel-rust-sample bash -c "command -v $program" >/dev/null || fail "$program is not on PATH"
    done
    [[ $(docker exec otel-rust-sample id -u) == 10001 ]] || fail "the sample does not run as 10001"
    ! docker exec otel-rust-sample touch /sample/x 2>/dev/null || fail "the sample can write to its image"
    # A person's ./bootstrap.sh leaves the server up, to be asked from outside.
    docker exec --detach otel-rust-sample ./bootstrap.sh
    until curl -fsS -o /dev/null "http://127.0.0.1:$SERVER_PORT/health" 2>/dev/null; do
        ((++tries < 60)) || fail "the sample server does not answer on its published port"
        sleep 1
    done
    docker exec otel-rust-sample otel-instrument --service_name shell --traces_exporter jaeger_thrift \
        --exporter_jaeger_endpoint http://backend:14268/api/traces automatic-client testing >/dev/null 2>"$scratch/instrument" || true
    grep -q ' acknowledged, 0 lost' "$scratch/instrument" || fail "otel-instrument: $(cat "$scratch/instrument")"
    ok "a shell has every program, otel-instrument starts one; the sample server answers from outside"
}

healthy() { # CONTAINER: waits for it
    local tries=0
    until [[ $(docker inspect --format '{{.State.Health.Status}}' "$1") == healthy ]]; do
        ((++tries < 120)) || fail "$1 does not become healthy"
        sleep 0.5
    done
}

stopped() { # BACKEND
    ./docker-compose.sh down >/dev/null 2>&1
    [[ -z $(ours ps --all)$(ours network ls) ]] || fail "down left containers or networks behind"
    ./docker-compose.sh down --reset --yes >/dev/null 2>&1
    [[ -z $(everything) ]] || fail "down --reset left something behind: $(everything)"
    ok "down leaves nothing behind"
}

# --- the embedded backend ------------------------------------------------------------------------

for image in otel-rust-sample:local otel-backend:local; do
    docker image inspect "$image" >/dev/null 2>&1 || brought+=" $image"
done

step "embedded"
started embedded
for limit in otel-rust-sample:120 otel-backend:30; do
    bytes=$(docker image inspect --format '{{.Size}}' "${limit%:*}:local")
    echo "image ${limit%:*}: $((bytes / 1000000)) MB"
    [[ ${BUILD_PROFILE:-dist} == dist ]] || continue
    ((bytes <= ${limit#*:} * 1000000)) || fail "the image ${limit%:*} is larger than ${limit#*:} MB"
done
[[ ${BUILD_PROFILE:-dist} == dist ]] || unchecked+=("the size of the images: BUILD_PROFILE is $BUILD_PROFILE")
round_trip
every_protocol
gallery "every span is accounted for"
shell_works

stored() { # the traces as the query API returns them
    local id
    for id in $ids; do curl -fsS "http://127.0.0.1:$UI_PORT/api/traces/$id" || fail "trace $id is gone"; done
}
for id in $ids; do
    curl -fsS -o /dev/null -w '%{content_type}\n' "http://127.0.0.1:$UI_PORT/trace/$id" | grep -q text/html || fail "no page for trace $id"
done
ok "the page of each trace opens"

step "embedded, restarted"
backend=$(docker ps --quiet --filter label=com.docker.compose.service=otel-backend)
stored >"$scratch/before"
docker restart "$backend" >/dev/null
healthy "$backend"
stored >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "the traces are not the same after the restart"
ok "the traces are the same after the restart"
docker restart otel-rust-sample >/dev/null
healthy otel-rust-sample
ok "the sample runs again after its own restart"
./docker-compose.sh verify >/dev/null 2>&1 || fail "verify ended with $?"
./docker-compose.sh status
stopped

if [[ ${#composes[@]} == 2 ]]; then
    step "embedded, with docker-compose 1.29"
    # Without its plugins, docker has no compose. It has no BuildKit then either, whose layers another
    # builder cannot take: the images of above are used.
    mkdir "$scratch/no-plugins"
    DOCKER_CONFIG=$scratch/no-plugins started embedded --no-build
    ./docker-compose.sh verify >/dev/null 2>&1 || fail "verify ended with $?"
    stopped
fi

# --- the backends of others ----------------------------------------------------------------------

for backend in jaeger tempo; do
    step "$backend"
    images=$(./docker-compose.sh "$backend" --dry-run 2>/dev/null | sed -n 's/^docker pull //p')
    for image in $images; do
        docker image inspect "$image" >/dev/null 2>&1 || docker image inspect "${image%@*}" >/dev/null 2>&1 && continue
        if docker pull --quiet "$image" >/dev/null 2>&1; then
            brought+=" $image"
        elif made=$(docker/tests/peer-image.sh "$image"); then
            brought+=" $made"
            unchecked+=("$backend: $made was made here, and is not its maker's")
        else
            unchecked+=("$backend: the image $image can be neither pulled, found nor made here")
            continue 2
        fi
    done
    started "$backend"
    round_trip
    every_protocol
    # Jaeger has no TraceQL to ask.
    if [[ $backend == jaeger ]]; then gallery "nothing was checked"; else gallery "every span is accounted for"; fi
    shell_works
    stopped
done

finish
