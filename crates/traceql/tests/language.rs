//! Tests of the language: the queries that are accepted, their trees, and the errors of others.

use traceql::parse;

fn check_reads(query: &str, canonical: &str) {
    let parsed = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    assert_eq!(parsed.to_string(), canonical, "{query}");
    assert_eq!(parse(canonical), Ok(parsed), "{query}");
}

fn check_refuses(query: &str, reason: &str) {
    match parse(query) {
        Ok(parsed) => panic!("{query} is read as {parsed}"),
        Err(error) => assert!(error.to_string().contains(reason), "{query}: {error}"),
    }
}

#[test]
fn operators_bind_as_in_tempo() {
    check_reads("{ .a || .b && .c }", "{ (.a || .b) && .c }");
    check_reads("{ -.a * .b = 1 }", "{ (-(.a * .b)) = 1 }");
    check_reads("{ -.a + .b = 1 }", "{ ((-.a) + .b) = 1 }");
    check_reads("{ !.a = .b }", "{ (!.a) = .b }");
    check_reads("{ .a = .b = .c }", "{ (.a = .b) = .c }");
    check_reads(
        "{ 2 ^ 3 ^ .a = 1 + 2 * 3 }",
        "{ (2 ^ (3 ^ .a)) = (1 + (2 * 3)) }",
    );
    check_reads(
        "{} && {} > {} || {}",
        "({ true } && ({ true } > { true })) || { true }",
    );
    check_reads("{} | rate() > 1 + 2 * 3", "{ true } | rate() > 7");
    check_reads(
        "1 + ({} | rate()) * 2 - 4 / 2",
        "(1 + (({ true } | rate()) * 2)) - 2",
    );
}

#[test]
fn fields_have_one_name() {
    check_reads("{ span:status = error }", "{ status = error }");
    check_reads("{ trace:rootService = `a` }", "{ rootServiceName = `a` }");
    check_reads("{ span.a\" b\" = 1.50 }", "{ span.\"a b\" = 1.5 }");
    check_reads("{ .a+1 = 90s }", "{ .a+1 = 1m30s }");
    check_reads("{ nil != .x }", "{ .x != nil }");
    check_reads("{ nil = nil }", "{ false }");
    check_reads("{ /* all */ }\n// of them", "{ true }");
}

#[test]
fn pipelines_and_hints_are_read() {
    check_reads(
        "({ .a } | count() > 1) && (({ .b } | by(name)) || ({ .c }))",
        "({ .a } | count() > 1) && (({ .b } | by(name)) || ({ .c }))",
    );
    check_reads(
        "{ .a } | by(.b) | avg(duration) >= -1.5 | coalesce() | select(name, .x) with(most_recent=true)",
        "{ .a } | by(.b) | avg(duration) >= -1.5 | coalesce() | select(name, .x) with(most_recent=true)",
    );
    check_reads(
        "{} | quantile_over_time(duration, 0, .5, 1) by (span.a, name) | topk(3) != 2s",
        "{ true } | quantile_over_time(duration, 0.0, 0.5, 1.0) by(span.a, name) | topk(3) != 2s",
    );
    check_reads(
        "{} | compare({ status = error }, 10, 1, 2)",
        "{ true } | compare({ status = error }, 10, 1, 2)",
    );
}

#[test]
fn grafanas_queries_are_read() {
    for query in [
        r#"{resource.service.name="a" && (name="b" || name="c") && status=error && duration>100ms && span.k=~"x|y"}"#,
        "{nestedSetParent<0 && true} | rate() with(sample=true)",
        "{nestedSetParent<0 && true && span.http.method != nil} | quantile_over_time(duration, 0.9) by(span.http.method)",
        "{true} | compare({duration >= 1s && duration <= 2s}, 10, 1700000000000000000, 1700000060000000000)",
        "({true} &>> { kind = server }) || ({true}) | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)",
        "{true && status = error} | select(resource.service.name, event.exception.message,event.exception.stacktrace,event.exception.type) with(most_recent=true)",
    ] {
        parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    check_refuses(
        "{ .a < }",
        "parse error at line 1, col 8: syntax error: unexpected }, expected a field or a value",
    );
    check_refuses("{ .a\n  = }", "line 2, col 5: ");
    check_refuses("{ .ä = 'x' }", "line 1, col 8: ");
    check_refuses(
        "{ .a = 1",
        "unexpected end of query, expected an operator or }",
    );
    check_refuses("{ attribute = 4 }", "unexpected attribute");
    check_refuses(
        "{} | rate() + 1",
        "unexpected +, expected the end of the query",
    );
    check_refuses(
        "{ span:rootName = 1 }",
        "unexpected span:rootName, expected an intrinsic field",
    );
    check_refuses("2 * 3", "unexpected 2");
}

#[test]
fn what_cannot_be_read_is_refused() {
    for query in [
        "",
        "{",
        "true",
        "{ .a > nil }",
        "{} + {}",
        "{} | count()",
        "{} | topk(3)",
        "({} | rate()) % 2",
        "1s * ({} | rate())",
        "({} | rate()) > 10s * 2",
        "select()",
        "{ trace:status = ok }",
        "{ childCount > 1 }",
        "count() > 1 && {}",
        "coalesce()",
        "({} | count() > 1) && ({}) | by(name)",
        "{ . }",
        "{ span. }",
        "({} | rate()) + 1 2",
        "({} | rate()) > 1.0 / 0",
        "{ .a = 0x10 }",
        "{} | rate() by ()",
        "{ nil }",
        "{} | quantile_over_time(duration)",
        "{} | compare({}) by (name)",
        "{} with(a)",
        "{} | rate() | topk(-1)",
    ] {
        let error = parse(query).expect_err(query);
        assert!(error.is_syntax(), "{query}: {error}");
    }
}

#[test]
fn what_means_nothing_is_refused_in_the_words_of_tempo() {
    check_refuses(
        "{ kind < consumer }",
        "illegal operation for the given types: kind < consumer",
    );
    check_refuses(
        "{ duration = \"1s\" }",
        "binary operations must operate on the same type: duration = `1s`",
    );
    check_refuses(
        "{ true && 1 }",
        "binary operations must operate on the same type: true && 1",
    );
    check_refuses(
        "{ event:name = nil }",
        "event:name=nil is not valid because intrinsics cannot be nil",
    );
    check_refuses(
        "{ resource.service.name = nil }",
        "because resource.service.name cannot be nil",
    );
    check_refuses(
        "{ .a + 1 }",
        "span filter field expressions must resolve to a boolean: { .a + 1 }",
    );
    check_refuses("{ .a =~ .b }", "invalid type for =~ or !~: .b");
    check_refuses("{ .a =~ \"[\" }", "invalid regex: `[`");
    check_refuses(
        "{ -name = 1 }",
        "illegal operation for the given type: -name",
    );
    check_refuses("{ parent.a = 1 }", "parent not yet supported");
    check_refuses("{ parent }", "intrinsic (parent) not yet supported");
    check_refuses(
        "{} | by(1)",
        "grouping field expressions must reference the span: by(1)",
    );
    check_refuses(
        "{} | max(name) > 1",
        "aggregate field expressions must resolve to a number type: max(name)",
    );
    check_refuses(
        "{} | sum(3) = 2",
        "aggregate field expressions must reference the span: sum(3)",
    );
    check_refuses(
        "{} | count() + count() > 2",
        "scalar filter lhs of type (%v) not yet supported",
    );
    check_refuses(
        "{} | 1 < count()",
        "scalar filter lhs of type (%v) not yet supported",
    );
    check_refuses(
        "{} | quantile_over_time(duration, 1.1)",
        "quantile must be between 0 and 1: 1.1",
    );
    check_refuses(
        "{} | rate() by (.a, .b, .c, .d, .e, .f)",
        "metrics group by 6 values not yet supported",
    );
    check_refuses(
        "{} | avg_over_time(.a) by (.a, .b, .c, .d, .e)",
        "metrics group by 5 values not yet supported",
    );
    check_refuses("{} | rate() | bottomk(0)", "limit must be greater than 0");
    check_refuses(
        "({} | compare({})) * 2",
        "`compare()` cannot be used with second stage functions",
    );
    check_refuses(
        "{} | compare({}, 1001)",
        "must be an integer between 1 and 1000",
    );
    check_refuses(
        "{} | compare({}, 1, 2, 2)",
        "compare() end timestamp must be greater than start timestamp",
    );
    for allowed in [
        "{ .service.name = nil }",
        "{ status != nil }",
        "{ instrumentation:name = 1 }",
        "{ !.a }",
    ] {
        assert!(parse(allowed).is_ok(), "{allowed}");
    }
}

#[test]
fn hostile_queries_are_refused() {
    let nested = |count: usize| format!("{{ {}.a{} }}", "(".repeat(count), ")".repeat(count));
    assert!(parse(&nested(30)).is_ok());
    check_refuses(&nested(100_000), "nested deeper than 256 levels");
    check_refuses(&format!("{{ {}.a }}", "!".repeat(100_000)), "nested deeper");
    check_refuses(
        &format!("{{ .a{} = 1 }}", " + .a".repeat(20_000)),
        "nested deeper",
    );
    check_refuses(&format!("{}{{}}", "{} >> ".repeat(20_000)), "nested deeper");
    check_refuses(
        &format!("({{}} | rate()){}", " + 1".repeat(20_000)),
        "nested deeper",
    );
    check_refuses(
        &format!("({{}} | rate()) > {}1", "-".repeat(20_000)),
        "nested deeper",
    );
    check_refuses(
        &format!("{{ {} }}", "a".repeat(300_000)),
        "the limit is 262144",
    );
    check_refuses(
        &format!("{{ .a =~ `x`{} }}", " || .a =~ `x`".repeat(100)),
        "more than 64 regular expressions",
    );
    check_refuses("{ .a =~ `(a{1000}){1000}` }", "invalid regex");
    let chain = |count: usize| format!("{{ .a = 1{} }}", " || .a = 1".repeat(count));
    assert!(
        parse(&chain(900)).is_ok(),
        "a chain of one operator is not nested"
    );
    check_refuses(
        &chain(10_000),
        "more than 4000 fields, values and operators",
    );
}
