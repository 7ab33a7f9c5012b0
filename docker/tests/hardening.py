#!/usr/bin/env python3
"""Reads the merged configuration of a compose file and fails if any service lacks any protection.

usage: hardening.py COMPOSE_FILE COMPOSE [ARGUMENT…]

COMPOSE is the command whose `config` is read, for example `docker compose`. Every rule is first
shown to be able to fail: it is tried on a configuration that breaks it.
"""

import copy
import os
import pathlib
import re
import subprocess
import sys

import yaml

BACKEND_ALIAS = "backend"


def config(compose, file, **environment):
    """The merged configuration, as the compose command prints it."""
    answer = subprocess.run(
        [*compose, "-f", file, "config"],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return yaml.safe_load(answer.stdout)


def ports(service):
    """Each published port as (address, port): compose 1 prints a string, compose 2 a mapping."""
    for port in service.get("ports", []):
        if isinstance(port, dict):
            yield port.get("host_ip", ""), str(port.get("published", ""))
        else:
            address, published, _ = port.rsplit(":", 2) if port.count(":") > 1 else ("", port, "")
            yield address, published


def mounts(service):
    """Each mount as (source, read_only)."""
    for volume in service.get("volumes", []):
        if isinstance(volume, dict):
            yield volume.get("source", ""), volume.get("read_only", False)
        else:
            source, _, options = (volume.split(":") + [""])[:3]
            yield source, "ro" in options.split(",")


def aliases(service):
    return ((service.get("networks") or {}).get("default") or {}).get("aliases") or []


def pinned(service):
    image = service.get("image", "")
    if "build" in service:
        return image.endswith(":local")
    return re.search(r":[^:/@]+@sha256:[0-9a-f]{64}$", image) and ":latest" not in image


def unprivileged(service):
    return re.fullmatch(r"[1-9]\d*:\d+", str(service.get("user", "")))


def named_or_read_only(service):
    return all(read_only or not source.startswith(("/", ".")) for source, read_only in mounts(service))


def bounded_logs(service):
    logging = service.get("logging") or {}
    return {"max-size", "max-file"} <= set(logging.get("options") or {})


def waits_for_healthy(service):
    depends = service.get("depends_on") or {}
    return isinstance(depends, dict) and all(on.get("condition") == "service_healthy" for on in depends.values())


def checked_health(service):
    healthcheck = service.get("healthcheck") or {}
    return bool(healthcheck.get("test")) and not healthcheck.get("disable")


def on_loopback(service):
    return all(address == "127.0.0.1" for address, _ in ports(service))


# What is asked of every service: a sentence, the check, and changes that break it.
RULES = [
    ("its image is pinned by tag and digest, or built here", pinned, {"image": "x:latest"}),
    ("its ports are open to this machine only", on_loopback, {"ports": ["0.0.0.0:1:1/tcp"]}, {"ports": ["1:1"]}),
    ("it runs as a numeric user, not root", unprivileged, {"user": "0:0"}),
    ("it drops all capabilities", lambda s: s.get("cap_drop") == ["ALL"] and not s.get("cap_add"), {"cap_drop": []}),
    ("it is not privileged", lambda s: not s.get("privileged"), {"privileged": True}),
    ("it gains no privileges", lambda s: "no-new-privileges:true" in s.get("security_opt", []), {"security_opt": []}),
    ("its root file system is read-only", lambda s: s.get("read_only") is True, {"read_only": False}),
    ("it has a /tmp in memory", lambda s: any(t.startswith("/tmp") for t in s.get("tmpfs", [])), {"tmpfs": []}),
    ("its memory is limited", lambda s: bool(s.get("mem_limit")), {"mem_limit": None}),
    ("its processes are limited", lambda s: bool(s.get("pids_limit")), {"pids_limit": None}),
    ("its health is checked", checked_health, {"healthcheck": {"disable": True}}),
    ("its logs are bounded", bounded_logs, {"logging": {"driver": "json-file"}}),
    ("it waits until what it needs is healthy", waits_for_healthy, {"depends_on": {"x": {"condition": "service_started"}}}),
    ("its configuration is mounted read-only, its data in a named volume", named_or_read_only, {"volumes": ["/x:/x:rw"]}),
]

GRAFANA_OFFLINE = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
}


def faults(services):
    """What is wrong, one sentence each."""
    for name, service in services.items():
        for sentence, holds, *_ in RULES:
            if not holds(service):
                yield f"{name}: not true that {sentence}"
        if name == "grafana" and not GRAFANA_OFFLINE.items() <= service.get("environment", {}).items():
            yield f"{name}: it may fetch plugins or send reports"
    awaited = {name for service in services.values() for name in service.get("depends_on") or {}}
    for name, service in services.items():
        if name not in awaited and not service.get("depends_on"):
            yield f"{name}: it waits for nothing, and nothing waits for it"
    backends = [name for name, service in services.items() if BACKEND_ALIAS in aliases(service)]
    if len(backends) != 1:
        yield f"{len(backends)} services answer to the name {BACKEND_ALIAS}, expected one"


def unbroken(services):
    """Rules that do not notice their own breach."""
    for name in services:
        for sentence, _, *changes in RULES:
            for change in changes:
                broken = copy.deepcopy(services)
                broken[name].update(change)
                if f"{name}: not true that {sentence}" not in faults(broken):
                    yield f"{name}: the rule that {sentence} cannot fail"
    broken = copy.deepcopy(services)
    del broken["sample"]["depends_on"]
    if not list(faults(broken)):
        yield "sample: the rule that it waits cannot fail"
    if "grafana" in services:
        broken = copy.deepcopy(services)
        del broken["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_DISABLED"]
        if not list(faults(broken)):
            yield "grafana: the rule that nothing is fetched cannot fail"


def sources(path):
    """The texts of a compose file and of those that it extends."""
    text = path.read_text()
    yield text
    for other in set(re.findall(r"extends: {file: ([^,}]+)", text)):
        yield from sources(path.parent / other)


def immovable(compose, file, services):
    """Published ports that no variable moves."""
    text = "".join(sources(pathlib.Path(file)))
    moved = {name: str(int(port) + 10000) for name, port in re.findall(r"\$\{([A-Z_]+_PORT):-(\d+)\}", text)}
    after = config(compose, file, **moved)["services"]
    for name, service in services.items():
        stayed = {port for _, port in ports(service)} & {port for _, port in ports(after[name])}
        for port in stayed:
            yield f"{name}: no variable moves port {port}"


def main():
    file, *compose = sys.argv[1:]
    services = config(compose, file)["services"]
    wrong = [*faults(services), *unbroken(services), *immovable(compose, file, services)]
    for sentence in wrong:
        print(f"{file}: {sentence}", file=sys.stderr)
    print(f"{file}: {len(services)} services, {len(RULES)} rules each, {len(wrong)} faults")
    sys.exit(1 if wrong else 0)


main()
