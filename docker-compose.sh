#!/usr/bin/env bash
# Starts the samples with a backend in containers, and stops them. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'HELP'
Runs the samples and a trace backend in containers.

usage: ./docker-compose.sh COMMAND [OPTION…]

  jaeger     start the samples with Jaeger 2
  tempo      start the samples with Grafana Tempo 3 and Grafana
  embedded   start the samples with otel-backend, the backend of this workspace
  status     show what runs, and its addresses
  logs       show the logs; takes what `docker compose logs` takes, for example -f sample
  verify     run the samples once more and read every trace back
  down       stop and remove the containers; stored traces stay

  --dry-run  print the commands instead of running them
  --no-build use the images as they are
  --reset    remove the stored traces too, after asking (jaeger, tempo, embedded, down)
  --yes      do not ask
  --help     this text

variable                     default          what
UI_PORT, QUERY_GRPC_PORT     16686, 16685     trace page and query API of Jaeger and otel-backend
GRAFANA_PORT, TEMPO_PORT     3000, 3200       Grafana; Tempo's query API
OTLP_GRPC_PORT, OTLP_HTTP_PORT            4317, 4318      OTLP
JAEGER_GRPC_PORT, JAEGER_THRIFT_PORT      14250, 14268    Jaeger gRPC, Thrift over HTTP
JAEGER_COMPACT_PORT, JAEGER_BINARY_PORT   6831, 6832      Jaeger Thrift over UDP
ZIPKIN_PORT, SAMPLING_PORT   9411, 5778       Zipkin; Jaeger's remote sampling
SERVER_PORT                  8082             the sample server
JAEGER_IMAGE, TEMPO_IMAGE, GRAFANA_IMAGE      other images than the pinned ones
BUILD_PROFILE                dist             the cargo profile of the images; dev and release are built sooner
WAIT_SECONDS                 180              how long to wait until every service is healthy

They may stand in a file .env too. Every port is open to this machine only.

exit code  meaning
0          done; every service is healthy, every span was found
1          a service is not healthy, or a span is missing or differs
2          wrong usage, or declined to remove the stored traces
3          no container engine, no compose, or the engine does not answer
4          a port is taken
5          an image cannot be pulled
6          an image cannot be built, or is not there with --no-build
7          another backend is running
HELP
}

say() { printf '%s\n' "$*" >&2; }
fail() { # EXIT_CODE MESSAGE…
    local code=$1
    shift
    say "docker-compose.sh: $*"
    exit "$code"
}

# --- what was asked ------------------------------------------------------------------------------

command=""
dry_run=false build=true reset=false ask=true
rest=()
for argument in "$@"; do
    case $argument in
        --help | -h)
            usage
            exit 0
            ;;
        --dry-run) dry_run=true ;;
        --no-build) build=false ;;
        --reset) reset=true ;;
        --yes) ask=false ;;
        *)
            if [[ -z $command ]]; then
                command=$argument
            else
                rest+=("$argument")
            fi
            ;;
    esac
done
[[ -n $command ]] || {
    usage >&2
    exit 2
}
if [[ ${#rest[@]} -gt 0 && $command != logs ]]; then
    fail 2 "unknown argument ${rest[0]}; ./docker-compose.sh --help lists what there is"
fi

# Compose reads .env by itself; the messages below have to know the same values. What is set
# already wins, as it does for compose.
numbers=" UI_PORT QUERY_GRPC_PORT GRAFANA_PORT TEMPO_PORT OTLP_GRPC_PORT OTLP_HTTP_PORT JAEGER_GRPC_PORT
    JAEGER_THRIFT_PORT JAEGER_COMPACT_PORT JAEGER_BINARY_PORT ZIPKIN_PORT SAMPLING_PORT SERVER_PORT
    WAIT_SECONDS "
images=" JAEGER_IMAGE TEMPO_IMAGE GRAFANA_IMAGE "
names="${numbers//$'\n'/ }$images"
if [[ -f .env ]]; then
    while IFS='=' read -r name value || [[ -n $name ]]; do
        # Nothing else: a name such as LD_PRELOAD would change every command below.
        [[ $name =~ ^[A-Z_]+$ && $names == *" $name "* && -z ${!name+set} ]] || continue
        value=${value%[\"\']} value=${value#[\"\']}
        export "$name=$value"
    done <.env
fi
for name in $numbers; do
    # Bash would run what stands in brackets within a number.
    [[ -z ${!name:-} || ${!name} =~ ^[0-9]{1,9}$ ]] || fail 2 "$name is not a number"
done

# --- the container engine ------------------------------------------------------------------------

backends=(jaeger tempo embedded)
sample=otel-rust-sample
engine="" compose=()

has() { command -v "$1" >/dev/null 2>&1; }

find_engine() {
    if has docker && docker compose version >/dev/null 2>&1; then
        engine=docker compose=(docker compose)
    elif has docker && has docker-compose; then
        engine=docker compose=(docker-compose)
    elif has podman && podman compose version >/dev/null 2>&1; then
        engine=podman compose=(podman compose)
    elif has docker || has podman; then
        fail 3 "$(has docker && echo docker || echo podman) is here, compose is not; https://docs.docker.com/compose/install says how to get it"
    else
        fail 3 "neither docker nor podman is on PATH; https://docs.docker.com/get-docker says how to get one." \
            "Without containers, ./bootstrap.sh runs the same samples"
    fi
}

need_engine() {
    local answer
    $dry_run && return
    answer=$("$engine" info 2>&1) && return
    case $answer in
        *"permission denied"*)
            fail 3 "$engine is running, but this user may not use it; add the user to the group docker, or use sudo"
            ;;
        *) fail 3 "$engine is installed, but no engine answers; start it (Docker Desktop, or: sudo systemctl start docker)" ;;
    esac
}

# Runs a command, or prints it.
run() {
    if $dry_run; then
        printf '%q ' "$@" | sed 's/ $//'
        echo
    else
        "$@"
    fi
}

project() { echo "otel-rust-$1"; }

# Runs compose on the file of a backend.
compose() { # BACKEND ARGUMENTS…
    local backend=$1
    shift
    run "${compose[@]}" -p "$(project "$backend")" -f "docker-compose-$backend.yaml" "$@"
}

containers() { # BACKEND
    "$engine" ps --all --quiet --filter "label=com.docker.compose.project=$(project "$1")"
}

volumes() { # BACKEND
    "$engine" volume ls --quiet --filter "label=com.docker.compose.project=$(project "$1")"
}

# The compose file of a backend, and those that it extends.
files() { # BACKEND
    echo "docker-compose-$1.yaml"
    sed -n 's/.*extends: {file: \([^,]*\),.*/\1/p' "docker-compose-$1.yaml" | awk '!seen[$0]++'
}

# The backend that was started, if any.
running() {
    local backend
    for backend in "${backends[@]}"; do
        [[ -z $(containers "$backend" 2>/dev/null) ]] || echo "$backend"
    done
}

# --- before the start ----------------------------------------------------------------------------

need_no_other() { # BACKEND
    local other owner
    $dry_run && return
    for other in $(running); do
        [[ $other == "$1" ]] || fail 7 "$other is running; ./docker-compose.sh down stops it (its stored traces stay)"
    done
    owner=$("$engine" inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$sample" 2>/dev/null) || return 0
    [[ $owner == "$(project "$1")" ]] || fail 7 "a container $sample is here already, of the compose project \"$owner\"; $engine rm -f $sample removes it"
}

# Lists what the file publishes: VARIABLE PORT tcp|udp WHAT.
published() { # BACKEND
    # shellcheck disable=SC2016 # the dollar is the compose file's
    local variable port protocol what line='- "127\.0\.0\.1:${\([A-Z_]*\):-\([0-9]*\)}:[0-9]*'
    # shellcheck disable=SC2046 # a list of files
    sed -n -e "s|.*$line\" # \(.*\)|\1 \2 tcp \3|p" -e "s|.*$line/udp\" # \(.*\)|\1 \2 udp \3|p" $(files "$1") |
        while read -r variable port protocol what; do
            echo "$variable ${!variable:-$port} $protocol $what"
        done
}

taken() { # PORT tcp|udp
    if [[ $2 == tcp ]]; then
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
    else
        grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") " /proc/net/udp /proc/net/udp6 2>/dev/null
    fi
}

# Says who has a port, as far as that can be seen: "the container NAME" or "the program NAME".
holder() { # PORT tcp|udp
    local name
    name=$("$engine" ps --filter "publish=$1" --format '{{.Names}}' 2>/dev/null | head -n 1) || true
    [[ -z $name ]] || {
        echo "the container $name"
        return
    }
    has ss || return 0
    name=$(ss -Hlnp "--$2" "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1)
    [[ -z $name ]] || echo "the program $name"
}

need_ports() { # BACKEND
    local variable port protocol what who free=true
    $dry_run && return
    # A backend that runs has its ports already, and compose says when it cannot change them.
    [[ -z $(running) ]] || return 0
    while read -r variable port protocol what; do
        taken "$port" "$protocol" || continue
        free=false
        who=$(holder "$port" "$protocol")
        say "docker-compose.sh: port $port/$protocol ($what) is taken${who:+ by $who};" \
            "$variable=PORT ./docker-compose.sh $1 moves it"
    done < <(published "$1")
    $free || exit 4
}

is_here() { "$engine" image inspect "$1" >/dev/null 2>&1; }

# Lists the images of the file: VARIABLE IMAGE.
images() { # BACKEND
    # shellcheck disable=SC2016,SC2046 # the dollar is the compose file's; a list of files
    sed -n 's|^ *image: ${\([A-Z_]*\):-\(.*\)}$|\1 \2|p' $(files "$1") |
        while read -r variable image; do echo "$variable ${!variable:-$image}"; done
}

# Pulls what others publish, before anything starts: a failure is then told by its name.
need_images() { # BACKEND
    local variable image tagged
    while read -r variable image; do
        case $image in
            *:local)
                $build || $dry_run || is_here "$image" ||
                    fail 6 "the image $image is not here; without --no-build it is built"
                continue
                ;;
        esac
        ! $dry_run && is_here "$image" && continue
        run "$engine" pull "$image" && continue
        # An image that came as a file has its tag, but not the digest that only a registry gives.
        tagged=${image%@*}
        if [[ $tagged != "$image" ]] && is_here "$tagged"; then
            say "$tagged is on this machine and is used; its digest could not be checked"
            export "$variable=$tagged"
        else
            fail 5 "the image $image cannot be pulled; is the registry reachable from here?" \
                "$engine load reads one from a file, and $variable=IMAGE uses another"
        fi
    done < <(images "$1")
}

# Asks whether the stored traces shall go.
confirm_reset() { # BACKEND…
    local answer
    { $reset && $ask && ! $dry_run; } || return 0
    [[ -t 0 ]] || fail 2 "--reset removes the stored traces and has nobody to ask; add --yes"
    read -r -p "Remove the stored traces of $*? [y/N] " answer
    [[ $answer == [yY]* ]] || fail 2 "nothing was removed"
}

# --- the start -----------------------------------------------------------------------------------

# Prints ID SERVICE STATE of each container; the state is its health, once it has one.
states() { # BACKEND
    containers "$1" | while read -r id; do
        "$engine" inspect --format \
            '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}} {{if and .State.Running .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$id"
    done
}

# Ends with the last words of every service in one of these states, if there is one.
need_none() { # BACKEND STATE…
    local backend=$1 id service state broken=""
    shift
    while read -r id service state; do
        [[ " $* " == *" $state "* ]] || continue
        "$engine" logs --tail 30 "$id" >&2 || true
        broken+="${broken:+, }$service is $state"
    done < <(states "$backend")
    [[ -z $broken ]] || fail 1 "$broken; the last words are above"
}

wait_until_healthy() { # BACKEND
    local id service state waiting known=" " deadline=$((SECONDS + 10#${WAIT_SECONDS:-180}))
    $dry_run && return
    while true; do
        need_none "$1" unhealthy exited restarting dead
        waiting=""
        while read -r id service state; do
            if [[ $state != healthy ]]; then
                waiting+=" $service"
            elif [[ $known != *" $service "* ]]; then
                say "  $service is healthy"
                known+="$service "
            fi
        done < <(states "$1")
        [[ -n $waiting ]] || return 0
        ((SECONDS < deadline)) || fail 1 "still not healthy:$waiting;" \
            "./docker-compose.sh logs shows why, WAIT_SECONDS=600 waits longer"
        sleep 1
    done
}

port() { # BACKEND VARIABLE
    published "$1" | awk -v name="$2" '$1 == name { print $2 }'
}

addresses() { # BACKEND
    case $1 in
        tempo) echo "  traces in Grafana   http://localhost:$(port tempo GRAFANA_PORT)/explore" ;;
        *) echo "  the trace page      http://localhost:$(port "$1" UI_PORT)" ;;
    esac
}

next_steps() { # BACKEND
    $dry_run && return
    echo
    # The table of the last run, and not the spans before it.
    "$engine" logs "$sample" 2>/dev/null |
        awk '/^sample .*trace$/ { table = ""; found = 1 } found { table = table $0 "\n" } END { printf "%s", table }'
    cat <<NEXT

$(addresses "$1")
  a shell             $engine exec -it $sample bash
                      (./bootstrap.sh runs the samples again, and leaves the server up)
  the spans, as JSON  $engine logs $sample
  stop                ./docker-compose.sh down
NEXT
}

# Removes the containers; with --reset their volumes too, which then need no orderly end.
stop() { # BACKEND
    if $reset; then
        compose "$1" down --remove-orphans --volumes --timeout 0
    else
        compose "$1" down --remove-orphans
    fi
}

start() { # BACKEND
    local backend=$1
    need_engine
    need_no_other "$backend"
    confirm_reset "$backend"
    if $reset; then stop "$backend"; fi
    need_ports "$backend"
    need_images "$backend"
    if $build; then
        say "Building (the first time takes some minutes)..."
        compose "$backend" build || fail 6 "the image cannot be built; see above"
    fi
    say "Starting $backend..."
    if ! compose "$backend" up -d --no-build; then
        need_none "$backend" unhealthy exited restarting dead starting running
        fail 1 "compose could not start everything; its own words are above"
    fi
    wait_until_healthy "$backend"
    next_steps "$backend"
}

# --- once it runs --------------------------------------------------------------------------------

# The backend that runs, or an end. A dry run asks no engine, and prints for each.
need_running() {
    local backend
    $dry_run && {
        printf '%s\n' "${backends[@]}"
        return
    }
    backend=$(running | head -n 1)
    [[ -n $backend ]] || fail 1 "nothing is running; ./docker-compose.sh jaeger, tempo or embedded starts it"
    echo "$backend"
}

status() {
    local backend
    need_engine
    backend=$(need_running) || exit
    $dry_run && {
        for backend in $backend; do run "$engine" ps --all --filter "label=com.docker.compose.project=$(project "$backend")"; done
        return
    }
    echo "$backend"
    states "$backend" | while read -r _ service state; do printf '  %-19s %s\n' "$service" "$state"; done
    addresses "$backend"
}

down() {
    local backend there=()
    need_engine
    for backend in "${backends[@]}"; do
        if $dry_run || [[ -n $(containers "$backend") ]] || { $reset && [[ -n $(volumes "$backend") ]]; }; then
            there+=("$backend")
        fi
    done
    [[ ${#there[@]} -gt 0 ]] || {
        say "Nothing is running."
        return
    }
    confirm_reset "${there[@]}"
    for backend in "${there[@]}"; do
        stop "$backend"
    done
}

find_engine
case $command in
    jaeger | tempo | embedded) start "$command" ;;
    status) status ;;
    logs)
        need_engine
        running_backends=$(need_running) || exit
        for backend in $running_backends; do compose "$backend" logs ${rest[@]+"${rest[@]}"}; done
        ;;
    verify)
        need_engine
        need_running >/dev/null
        run "$engine" exec "$sample" ./bootstrap.sh --once
        ;;
    down) down ;;
    *) fail 2 "unknown command $command; ./docker-compose.sh --help lists what there is" ;;
esac
