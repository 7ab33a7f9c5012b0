#!/usr/bin/env python3
"""Reads what `otel-backend export --format parquet` writes with DuckDB, Polars and pandas.

usage: read.py OTEL-BACKEND, one that was built with the feature `parquet`
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import duckdb
import pandas
import polars

START = 1_800_000_000_000_000_001


def attribute(key, kind, value):
    return {"key": key, "value": {kind: value}}


def span(number, name, milliseconds, **more):
    return {
        "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": name, "kind": 2,
        "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + milliseconds * 1_000_000),
    } | more


def request(service, spans):
    resource = {"attributes": [attribute("service.name", "stringValue", service)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]}]}


def store(program, directory):
    """Sends spans to a backend that keeps them in the directory."""
    names = "UI QUERY_GRPC OTLP_GRPC OTLP_HTTP JAEGER_THRIFT JAEGER_GRPC JAEGER_COMPACT JAEGER_BINARY ZIPKIN SAMPLING"
    ports = {f"OTEL_BACKEND_{name}_PORT": "0" for name in names.split()}
    backend = subprocess.Popen([program, "--data-dir", directory], env=os.environ | ports, stderr=subprocess.PIPE, text=True)
    for line in backend.stderr:
        if found := re.match(r"otel-backend: listening on (\S+) \(OTLP HTTP\)", line):
            url = found[1]
        if line.strip() == "otel-backend: ready":
            break
    failed = {"status": {"code": 2, "message": "it broke"}, "events": [{"timeUnixNano": str(START), "name": "retry"}]}
    attributes = [
        attribute("http.route", "stringValue", "/cart"),
        attribute("http.status", "intValue", "500"),
        attribute("http.status", "intValue", "503"),
        attribute("cached", "boolValue", False),
    ]
    for service, spans in [
        ("shop", [span(1, "GET /cart", 30, attributes=attributes, **failed), span(2, "GET /cart", 10)]),
        ("bank", [span(3, "pay", 200, parentSpanId="0" * 15 + "1")]),
    ]:
        body = json.dumps(request(service, spans)).encode()
        urllib.request.urlopen(urllib.request.Request(url + "/v1/traces", body, {"content-type": "application/json"})).read()
    backend.terminate()
    backend.wait()


def ask_duckdb(file):
    """The questions of docs/parquet.md."""
    document = Path(__file__).parents[4] / "docs/parquet.md"
    queries = re.findall(r"```sql\n(.*?)```", document.read_text(), re.DOTALL)
    slowest, errors, routes = [duckdb.sql(query.replace("traces.parquet", file)).fetchall() for query in queries]
    assert [row[:3] for row in slowest] == [("bank", "pay", 1), ("shop", "GET /cart", 2)], slowest
    assert errors == [("bank", 1, 0), ("shop", 2, 1)], errors
    assert routes == [("/cart", "503", 1)], routes
    (row,) = duckdb.sql(f"SELECT * FROM '{file}' WHERE status = 'error'").fetchall()
    (columns,) = [[column[0] for column in duckdb.sql(f"SELECT * FROM '{file}'").description]]
    whole = dict(zip(columns, row))
    assert whole["trace_id"] == f"{1:032x}" and whole["parent_span_id"] is None, whole
    assert whole["duration_ns"] == 30_000_000 and whole["status_message"] == "it broke", whole
    assert whole["attributes"] == {"http.route": "/cart", "http.status": "503", "cached": "false"}, whole
    assert json.loads(whole["events"]) == [{"timeUnixNano": str(START), "name": "retry"}], whole


def main(program):
    with tempfile.TemporaryDirectory() as directory:
        file = f"{directory}/traces.parquet"
        store(program, directory)
        export = [program, "--data-dir", directory, "export", "--format", "parquet", "--output", file]
        subprocess.run(export, check=True)
        ask_duckdb(file)
        print(f"DuckDB {duckdb.__version__}: the questions of docs/parquet.md are answered")
        frame = polars.read_parquet(file)
        assert frame.filter(polars.col("status") == "error")["name"].to_list() == ["GET /cart"]
        assert frame["start_time"].dt.timestamp("ns").to_list() == [START] * 3
        print(f"Polars {polars.__version__}: {frame.height} rows")
        frame = pandas.read_parquet(file)
        assert frame.groupby("service")["duration_ns"].max().to_dict() == {"bank": 200_000_000, "shop": 30_000_000}
        print(f"pandas {pandas.__version__}: {len(frame)} rows")


main(*sys.argv[1:])
