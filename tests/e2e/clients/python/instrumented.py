"""Runs program.py under opentelemetry-instrument with traces, metrics and logs on, by each protocol to each port:
it must say nothing, and its log record must lie in its span. instrumented.py QUERY-URL ADDRESS…"""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).parent


def run(service, protocol, address):
    """What the program and its SDK say."""
    bin = FOLDER / "venv/bin"
    variables = {
        "PATH": f"{bin}:{os.environ['PATH']}",
        "OTEL_SERVICE_NAME": service,
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
    }
    command = [bin / "opentelemetry-instrument", bin / "python", FOLDER / "program.py"]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert ended.returncode == 0, ended
    return ended.stdout + ended.stderr


def get(url):
    return json.load(urllib.request.urlopen(url))


def main(query, *addresses):
    for protocol in ["http/protobuf", "grpc"]:
        for number, address in enumerate(addresses):
            service = f"program-{protocol.replace('/', '-')}-{number}"
            said = run(service, protocol, address)
            assert said == "", f"{service} is not silent: {said}"
            (log,) = get(f"{query}/api/logs?service={service}&text=cart%207%20is%20empty")["logs"]
            spans = get(f"{query}/api/traces/{log['traceId']}")["data"][0]["spans"]
            names = {span["spanID"]: span["operationName"] for span in spans}
            assert names[log["spanId"]] == "GET /checkout/<cart>", (log, names)
            print(f"python, instrumented, by {protocol} to {address}: silent, and its log record lies in its span")
    points = urllib.request.urlopen(f"{query}/metrics").read().decode()
    assert "otel_backend_metric_points_dropped_total{" in points, "no metrics came"


main(*sys.argv[1:])
