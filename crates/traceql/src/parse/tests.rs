//! A printed query is parsed to the same query.

use proptest::prelude::*;

use super::parse_unchecked;
use crate::syntax::{
    Aggregate, Body, Compare, Expr, Filter, Fold, Function, Hint, Metrics, Pipeline, Query,
    Reduction, SpanMetrics, Spanset, SpansetOperator, Stage,
};
use crate::{Arithmetic, Comparison, Field, Intrinsic, Kind, Scope, Status, Value};

fn literal() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![0..=i64::MAX, Just(i64::MIN)].prop_map(Value::Int),
        (0.0..1e300_f64).prop_map(Value::Float),
        (0..=i64::MAX).prop_map(Value::Duration),
        any::<String>().prop_map(Value::text),
        prop::sample::select(Status::ALL.to_vec()).prop_map(Value::Status),
        prop::sample::select(Kind::ALL.to_vec()).prop_map(Value::Kind),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let scopes = vec![
        Scope::Any,
        Scope::Span,
        Scope::Resource,
        Scope::Instrumentation,
        Scope::Event,
        Scope::Link,
    ];
    let key =
        prop_oneof!["[a-z.+/]{1,9}", any::<String>()].prop_filter("a key", |key| !key.is_empty());
    prop_oneof![
        (prop::sample::select(scopes), key).prop_map(|(scope, key)| Field::Attribute(scope, key)),
        prop::sample::select(Intrinsic::all().collect::<Vec<_>>()).prop_map(Field::Intrinsic),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(super::COMPARISONS.to_vec())
}

fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    prop::sample::select(vec![
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
    ])
}

/// The first element of a chain must not be a chain of the same operator: the two would be one
/// chain.
fn chain(mut exprs: Vec<Expr>, is_all: bool) -> Expr {
    match exprs.first() {
        Some(Expr::All(_)) if is_all => exprs.insert(0, Expr::Literal(Value::Bool(true))),
        Some(Expr::Any(_)) if !is_all => exprs.insert(0, Expr::Literal(Value::Bool(true))),
        _ => {}
    }
    if is_all {
        Expr::All(exprs)
    } else {
        Expr::Any(exprs)
    }
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literal().prop_map(Expr::Literal),
        field().prop_map(Expr::Field)
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let one = inner.clone().prop_map(Box::new);
        let arithmetic = prop_oneof![
            arithmetic(),
            Just(Arithmetic::Modulo),
            Just(Arithmetic::Power)
        ];
        prop_oneof![
            one.clone().prop_map(Expr::Not),
            one.clone().prop_map(Expr::Negate),
            one.clone().prop_map(Expr::Missing),
            one.clone().prop_map(Expr::Exists),
            (one.clone(), comparison(), one.clone()).prop_map(|(l, c, r)| Expr::Compare(l, c, r)),
            (one.clone(), arithmetic, one.clone()).prop_map(|(l, a, r)| Expr::Calculate(l, a, r)),
            (one.clone(), any::<bool>(), one).prop_map(|(text, negated, pattern)| Expr::Match {
                text,
                negated,
                pattern
            }),
            (prop::collection::vec(inner, 2..4), any::<bool>()).prop_map(|(e, all)| chain(e, all)),
        ]
    })
}

fn spansets(leaf: impl Strategy<Value = Spanset> + 'static) -> impl Strategy<Value = Spanset> {
    let operators: Vec<_> = SpansetOperator::all()
        .map(|(_, operator)| operator)
        .collect();
    leaf.prop_recursive(3, 8, 2, move |inner| {
        let side = inner.prop_map(Box::new);
        (side.clone(), prop::sample::select(operators.clone()), side)
            .prop_map(|(left, operator, right)| Spanset::Operation(left, operator, right))
    })
}

fn constant() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (-1e9..1e9_f64).prop_map(Value::Float),
        any::<i64>()
            .prop_filter("no name", |n| *n > i64::MIN)
            .prop_map(Value::Duration),
    ]
}

fn fold() -> impl Strategy<Value = Fold> {
    prop::sample::select(vec![Fold::Min, Fold::Max, Fold::Sum, Fold::Avg])
}

fn stage() -> impl Strategy<Value = Stage> {
    let of = (fold(), expr()).prop_map(|(fold, expr)| Aggregate::Of(fold, expr));
    let filter = (
        prop_oneof![Just(Aggregate::Count), of],
        comparison(),
        constant(),
    );
    prop_oneof![
        spansets(expr().prop_map(Spanset::Selector)).prop_map(Stage::Spanset),
        filter.prop_map(|(aggregate, comparison, constant)| Stage::Filter(Filter {
            aggregate,
            comparison,
            constant
        })),
        expr().prop_map(Stage::By),
        prop::collection::vec(field(), 1..3).prop_map(Stage::Select),
    ]
}

fn pipeline(stages: std::ops::Range<usize>) -> impl Strategy<Value = Pipeline> {
    prop::collection::vec(stage(), stages).prop_map(Pipeline)
}

fn function() -> impl Strategy<Value = Function> {
    let compare = (expr(), 0..2000_i64, prop::option::of((0..9_i64, 0..9_i64)));
    prop_oneof![
        Just(Function::Rate),
        Just(Function::CountOverTime),
        (fold(), field()).prop_map(|(fold, field)| Function::FoldOverTime(fold, field)),
        (field(), prop::collection::vec(0.0..1.0_f64, 1..3))
            .prop_map(|(field, quantiles)| Function::QuantileOverTime(field, quantiles)),
        field().prop_map(Function::HistogramOverTime),
        compare.prop_map(|(selection, values, window)| Function::Compare(Compare {
            selection,
            values,
            window
        })),
    ]
}

fn reduced(metrics: impl Strategy<Value = Metrics>) -> impl Strategy<Value = Metrics> {
    let reduction = prop_oneof![
        (0..9_i64).prop_map(Reduction::TopK),
        (0..9_i64).prop_map(Reduction::BottomK),
        (comparison(), constant())
            .prop_map(|(comparison, value)| Reduction::Filter(comparison, value)),
    ];
    (metrics, prop::collection::vec(reduction, 0..3)).prop_map(|(metrics, reductions)| {
        let reduce = |metrics, reduction| Metrics::Reduce(Box::new(metrics), reduction);
        reductions.into_iter().fold(metrics, reduce)
    })
}

fn span_metrics() -> impl Strategy<Value = Metrics> {
    let by = prop::collection::vec(field(), 0..3);
    let metrics = (pipeline(1..3), function(), by).prop_map(|(pipeline, function, by)| {
        let groups = !matches!(function, Function::Compare(_));
        Metrics::Spans(SpanMetrics {
            pipeline,
            function,
            by: if groups { by } else { Vec::new() },
        })
    });
    reduced(metrics)
}

fn calculated() -> impl Strategy<Value = Metrics> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (-1e9..1e9_f64).prop_map(Value::Float)
    ];
    let number = number.prop_map(Metrics::Constant).boxed();
    let leaf = (span_metrics(), arithmetic(), number.clone())
        .prop_map(|(l, a, r)| Metrics::Calculate(Box::new(l), a, Box::new(r)));
    leaf.prop_recursive(2, 6, 2, move |inner| {
        let inner = prop_oneof![inner, span_metrics()];
        let inner = inner.prop_map(Box::new).boxed();
        let number = number.clone().prop_map(Box::new).boxed();
        prop_oneof![
            (inner.clone(), arithmetic(), inner.clone())
                .prop_map(|(l, a, r)| Metrics::Calculate(l, a, r)),
            (number, arithmetic(), inner).prop_map(|(l, a, r)| Metrics::Calculate(l, a, r)),
        ]
    })
}

fn query() -> impl Strategy<Value = Query> {
    // Parentheses without a pipe behind them do not make a pipeline.
    let in_parentheses = pipeline(2..4).prop_map(Spanset::Pipeline);
    let pipelines = spansets(in_parentheses).prop_map(|s| Pipeline(vec![Stage::Spanset(s)]));
    let body = prop_oneof![
        pipeline(1..4).prop_map(Body::Search),
        pipelines.prop_map(Body::Search),
        span_metrics().prop_map(Body::Metrics),
        reduced(calculated()).prop_map(Body::Metrics),
    ];
    let hint = ("[a-z_]{1,9}", literal()).prop_map(|(name, value)| Hint { name, value });
    (body, prop::collection::vec(hint, 0..3)).prop_map(|(body, hints)| Query { body, hints })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(query in query()) {
        let printed = query.to_string();
        prop_assert_eq!(parse_unchecked(&printed), Ok(query), "{}", printed);
    }

    #[test]
    fn nothing_that_is_read_panics(query in ".{0,60}") {
        drop(crate::parse(&query));
        drop(crate::parse_lenient(&query));
    }

    #[test]
    fn no_mixture_of_tokens_panics(
        tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..20)
    ) {
        let query = tokens.concat();
        if let Ok(parsed) = crate::parse(&query) {
            prop_assert_eq!(crate::parse(&parsed.to_string()), Ok(parsed), "{}", query);
        }
        drop(crate::parse_lenient(&query));
    }
}

const TOKENS: [&str; 40] = [
    "{",
    "}",
    "{ true }",
    "(",
    ")",
    "|",
    "&&",
    "||",
    ">>",
    "!~",
    "=~",
    "=",
    "!",
    "-",
    "+",
    "*",
    "^",
    "nil",
    " .a ",
    " span.b ",
    " name ",
    "status",
    " error ",
    "1",
    "2s",
    "`x`",
    "rate()",
    "count()",
    " by(",
    "select(",
    "coalesce()",
    "topk(1)",
    "max(",
    "compare(",
    "quantile_over_time(",
    ",",
    " > ",
    " with(",
    "parent.a",
    "min_over_time(",
];
