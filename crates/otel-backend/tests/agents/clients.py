#!/usr/bin/env python3
"""Asks otel-backend's /mcp with the official client of the Python that runs this: `mcp` 1 or 2.

usage: clients.py OTEL-BACKEND
"""

import asyncio
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
import urllib.request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def start(program):
    """Starts a backend on free ports; its process, and its URLs by what it calls them."""
    names = "UI QUERY_GRPC OTLP_GRPC OTLP_HTTP JAEGER_THRIFT JAEGER_GRPC JAEGER_COMPACT JAEGER_BINARY ZIPKIN SAMPLING"
    ports = {f"OTEL_BACKEND_{name}_PORT": "0" for name in names.split()}
    backend = subprocess.Popen([program, "--memory"], env=os.environ | ports, stderr=subprocess.PIPE, text=True)
    urls = {}
    for line in backend.stderr:
        if line.strip() == "otel-backend: ready":
            return backend, urls
        if found := re.match(r"otel-backend: listening on (\S+) \((.*)\)", line):
            urls[found[2]] = found[1]
    raise SystemExit("otel-backend did not start")


def send(url, signal, body):
    """Sends spans or log records as OTLP JSON, all of which must be taken."""
    request = urllib.request.Request(f"{url}/v1/{signal}", json.dumps(body).encode(), {"content-type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    assert "partialSuccess" not in answer, answer


def plant(url):
    now = time.time_ns()
    span = {
        "traceId": TRACE, "spanId": "00f067aa0ba902b7", "name": "GET /checkout", "kind": 2,
        "startTimeUnixNano": str(now - 3_000_000_000), "endTimeUnixNano": str(now),
        "status": {"code": 2, "message": "it broke"},
    }
    service = [{"key": "service.name", "value": {"stringValue": "shop"}}]
    spans = {"resourceSpans": [{"resource": {"attributes": service}, "scopeSpans": [{"spans": [span]}]}]}
    record = {
        "timeUnixNano": str(now - 1_000_000_000), "severityNumber": 17, "body": {"stringValue": "the card was declined"},
        "traceId": TRACE, "spanId": span["spanId"],
    }
    logs = {"resourceLogs": [{"resource": {"attributes": service}, "scopeLogs": [{"logRecords": [record]}]}]}
    send(url, "traces", spans)
    send(url, "logs", logs)


def text(result):
    (content,) = result.content
    return content.text


async def ask(session):
    """What every client must be able to do."""
    tools = await session.list_tools()
    names = [tool.name for tool in tools.tools]
    assert names[:3] == ["get_services", "get_span_names", "search_traces"], names
    services = await session.call_tool("get_services", {})
    assert "shop: 1 traces, 100.0% failed" in text(services), services
    found = await session.call_tool("search_traces", {"service_name": "shop", "limit": 5})
    assert TRACE[:8] in text(found), found
    errors = await session.call_tool("get_trace_errors", {"trace_id": TRACE[:8]})
    assert '"it broke"' in text(errors), errors
    logs = await session.call_tool("get_logs", {"trace_id": TRACE[:8]})
    assert "the card was declined" in text(logs), logs
    wrong = await session.call_tool("get_trace_errors", {"trace": TRACE})
    is_error = getattr(wrong, "is_error", None) or getattr(wrong, "isError", None)
    assert is_error and "did you mean trace_id?" in text(wrong), wrong


async def version_1(url):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with streamablehttp_client(url) as (read, write, _), ClientSession(read, write) as session:
        begun = await session.initialize()
        assert begun.serverInfo.name == "otel-backend", begun
        await session.send_ping()
        await ask(session)
        return begun.protocolVersion


async def version_2(url):
    from mcp import Client

    spoken = []
    for mode in ["auto", "legacy", "2026-07-28"]:
        async with Client(url, mode=mode) as client:
            await ask(client)
            spoken.append(f"{mode}: {client.session.protocol_version}")
    return ", ".join(spoken)


def main():
    version = importlib.metadata.version("mcp")
    backend, urls = start(sys.argv[1])
    try:
        plant(urls["OTLP HTTP"])
        run = version_1 if version.startswith("1.") else version_2
        for path in ["/mcp", "/api/ai/mcp/"]:
            spoken = asyncio.run(run(urls["trace page and query API"] + path))
            print(f"mcp {version} at {path}: {spoken}")
    finally:
        backend.kill()


if __name__ == "__main__":
    main()
