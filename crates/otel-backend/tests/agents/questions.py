#!/usr/bin/env python3
"""Ten questions that a developer has of traces, asked through /mcp by a program that knows only the tools' answers.

The cause of each is planted among other traces. A question may take five calls and 8,000 tokens, at four characters each.

usage: questions.py OTEL-BACKEND [--show]
"""

import json
import re
import sys
import time
import urllib.request

from clients import send, start

CALLS, TOKENS = 5, 8000
MS = 1_000_000
NOW = time.time_ns() - 60_000 * MS


class Trace:
    """A trace that starts some seconds before now; its spans are added with offsets and lengths in ms."""

    count = 0

    def __init__(self, seconds_ago):
        Trace.count += 1
        self.id = f"{Trace.count * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
        self.start = NOW - seconds_ago * 1000 * MS
        self.spans = []

    def span(self, service, name, offset, length, parent=None, kind=1, error=None, exception=None, **attributes):
        number = len(self.spans) + 1
        span = {
            "traceId": self.id, "spanId": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}", "name": name, "kind": kind,
            "startTimeUnixNano": str(self.start + offset * MS), "endTimeUnixNano": str(self.start + (offset + length) * MS),
            "attributes": [attribute(key.replace("__", "."), value) for key, value in attributes.items()],
        }
        if parent:
            span["parentSpanId"] = parent
        if error:
            span["status"] = {"code": 2, "message": error}
        if exception:
            kind_of, message = exception
            described = [attribute("exception.type", kind_of), attribute("exception.message", message)]
            span["events"] = [{"name": "exception", "timeUnixNano": span["endTimeUnixNano"], "attributes": described}]
        self.spans.append((service, span))
        return span["spanId"]


def attribute(key, value):
    return {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


def plant(url, traces):
    resources = []
    for trace in traces:
        for service, span in trace.spans:
            resource = {"attributes": [attribute("service.name", service)]}
            resources.append({"resource": resource, "scopeSpans": [{"spans": [span]}]})
    send(url, "traces", {"resourceSpans": resources})


def checkout(seconds_ago, wait):
    trace = Trace(seconds_ago)
    top = trace.span("shop", "POST /checkout", 0, 110 + wait, kind=2, http__route="/checkout", http__response__status_code=200)
    pay = trace.span("payment", "charge", 5, 100 + wait, parent=top)
    trace.span("payment", "wait for the ledger's lock", 10, 20 + wait, parent=pay)
    trace.span("payment", "INSERT payments", 35 + wait, 40, parent=pay, kind=3, db__system__name="postgresql")
    return trace


def failed_test():
    trace = Trace(300)
    top = trace.span("shop", "POST /order", 0, 90, kind=2, error="500", http__response__status_code=500)
    call = trace.span("shop", "reserve", 10, 70, parent=top, kind=3, error="the call failed")
    inner = trace.span("stock", "Reserve", 20, 50, parent=call, kind=2, error="internal")
    thrown = ("IllegalStateException", "stock of A-77 would be -3")
    trace.span("stock", "UPDATE stock", 25, 30, parent=inner, error="no rows", exception=thrown, order__id="4712")
    return trace


def cart():
    trace = Trace(200)
    top = trace.span("shop", "GET /cart", 0, 700, kind=2)
    for item in range(60):
        trace.span("shop", "SELECT item", 20 + item * 11, 10, parent=top, kind=3, db__system__name="postgresql", item=item)
    return trace


def nightly(seconds_ago, parse):
    trace = Trace(seconds_ago)
    top = trace.span("batch", "nightly import", 0, 500 + parse)
    trace.span("batch", "download", 10, 300, parent=top)
    trace.span("batch", "parse rows", 320, parse, parent=top)
    trace.span("batch", "write rows", 330 + parse, 120, parent=top)
    return trace


def timeout():
    trace = Trace(150)
    top = trace.span("app", "GET /report", 0, 1000, kind=3, error="timeout after 1 s", error__type="timeout")
    work = trace.span("reports", "GET /report", 10, 4200, parent=top, kind=2)
    trace.span("reports", "load figures", 20, 600, parent=work)
    trace.span("reports", "draw charts", 630, 3500, parent=work)
    return trace


def order(number, seconds_ago):
    trace = Trace(seconds_ago)
    top = trace.span("shop", "POST /order", 0, 60, kind=2, http__response__status_code=201)
    trace.span("shop", "save order", 10, 30, parent=top, order__id=str(number))
    return trace


def gap():
    trace = Trace(100)
    top = trace.span("shop", "GET /invoice", 0, 500, kind=2)
    trace.span("shop", "read invoice", 10, 40, parent=top)
    trace.span("shop", "render invoice", 455, 40, parent=top)
    return trace


class Agent:
    """Calls tools, and counts what a question costs."""

    def __init__(self, url, show):
        self.url, self.show = url, show

    def begin(self):
        self.calls = self.characters = 0

    def __call__(self, tool, **arguments):
        self.calls += 1
        params = {"name": tool, "arguments": arguments}
        body = json.dumps({"jsonrpc": "2.0", "id": self.calls, "method": "tools/call", "params": params}).encode()
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        answer = json.load(urllib.request.urlopen(urllib.request.Request(self.url, body, headers)))
        (content,) = answer["result"]["content"]
        assert not answer["result"].get("isError"), content["text"]
        self.characters += len(body) + len(content["text"])
        if self.show:
            print(f"--- {tool} {arguments}\n{content['text']}\n")
        return content["text"]

    def newest(self, **arguments):
        """The id of the newest trace that is found."""
        return self.traces(1, **arguments)[0]

    def traces(self, limit, **arguments):
        return re.findall(r"^([0-9a-f]{4,32})\b", self("search_traces", limit=limit, **arguments), re.M)


def answers(ask, response):
    """Each question with its answer, as far as the tools' lines tell it. `response` is the header of a reply."""

    def slow_checkout():
        trace = ask.newest(service_name="shop", span_name="POST /checkout")
        return longest(ask("get_critical_path", trace_id=trace))

    yield "Why did the last request to /checkout take 3 s?", slow_checkout, ("wait for the ledger's lock [payment]", 2910)

    def thrown():
        errors = ask("get_trace_errors", trace_id=ask.newest(service_name="shop", with_errors=True))
        service = re.search(r"^\S+ .* \[(\w+)\] .*FAILED", errors, re.M)[1]
        return service, *re.search(r'exception after .*: "(.*?)" "(.*?)"', errors).groups()

    yield "Which service threw, with which exception?", thrown, ("stock", "IllegalStateException", "stock of A-77 would be -3")

    def loop():
        path = ask("get_critical_path", trace_id=ask.newest(service_name="shop", span_name="GET /cart"))
        times, query = re.search(r"^×(\d+) (.*?): .*one after another", path, re.M).groups()
        return int(times), query

    yield "Does GET /cart query the database in a loop?", loop, (60, "SELECT item [shop]")

    def happened():
        return re.findall(r"^ *\S+ (.*? \[.*?\])", ask("get_trace_topology", trace_id=response).split("\n", 2)[2], re.M)

    yield "What happened behind this traceresponse?", happened, ["POST /order [shop]", "save order [shop]"]

    def slower():
        now, before = ask.traces(2, service_name="batch", span_name="nightly import", start_time_min="-2d")
        differences = ask("compare_traces", base_trace_id=before, compare_trace_id=now)
        return re.search(r"^\+(\d+) ms (.*?):", differences, re.M).groups()

    yield "Is the import slower since yesterday, and where?", slower, ("800", "parse rows [batch]")

    def worst():
        rows = re.findall(r"^(.*?) \w+: \d+ spans?, ([\d.]+)% failed", ask("get_span_names", service_name="shop"), re.M)
        return rows[0][0], max(rows, key=lambda row: float(row[1]))[0]

    yield "Which operation of shop is slowest, and which fails most?", worst, ("GET /cart", "reserve")

    def arrived():
        return saved_order(ask, ask.newest(service_name="shop", span_name="save order"))

    yield "Did the span `save order` arrive, and with which order?", arrived, "4700"

    def still_running():
        tree = ask("get_trace_topology", trace_id=ask.newest(service_name="app", with_errors=True))
        spans = re.findall(r"^ *\S+ (.* \[.*?\]) (?:\w+ )?\+([\d.]+) ([\d.]+) ms", tree, re.M)
        (_, begun, took), *others = spans
        end = float(begun) + float(took)
        return [name for name, begun, took in others if float(begun) + float(took) > end]

    yield "The client timed out: what was still running?", still_running, ["GET /report [reports]", "draw charts [reports]"]

    def one_order():
        (trace,) = ask.traces(5, attributes={"order.id": "4711"})
        return saved_order(ask, trace)

    yield "Find the trace of order 4711", one_order, "4711"

    def uncovered():
        path = ask("get_critical_path", trace_id=ask.newest(service_name="shop", span_name="GET /invoice"))
        return re.search(r"^(\d+) ms at .* in \S+ (.*?), (.*)$", path, re.M).groups()

    between = "between read invoice [shop] and render invoice [shop]"
    yield "Where are the 400 ms that no span covers?", uncovered, ("405", "GET /invoice [shop]", between)


def saved_order(ask, trace):
    """The number of the order that a trace saved."""
    (span,) = re.findall(r"^ +(\S+) save order", ask("get_trace_topology", trace_id=trace), re.M)
    return re.search(r"order.id\W+(\w+)", ask("get_span_details", trace_id=trace, span_ids=[span]))[1]


def longest(path):
    """The operation with most time of its own, and its ms."""
    time, name = re.search(r"own time by operation:\n([\d.]+) ms \(.*?\) (.*?):", path).groups()
    return name, float(time)


def main():
    backend, urls = start(sys.argv[1])
    try:
        traced = order(4699, 900)
        plant(urls["OTLP HTTP"], [
            *(checkout(900 + number, 0) for number in range(20)), checkout(20, 2890), failed_test(), cart(), timeout(), gap(),
            nightly(86_400, 100), nightly(90, 900), traced, *(order(4700 + number, 400 + number) for number in range(30)),
        ])
        ask = Agent(urls["trace page and query API"] + "/mcp", "--show" in sys.argv)
        response = f"00-{traced.id}-{traced.spans[0][1]['spanId']}-01"
        for question, find, expected in answers(ask, response):
            ask.begin()
            found, tokens = find(), ask.characters // 4
            print(f"{question} {found} ({ask.calls} calls, {tokens} tokens)")
            assert found == expected, f"expected {expected}"
            assert ask.calls <= CALLS and tokens <= TOKENS
    finally:
        backend.kill()


main()
