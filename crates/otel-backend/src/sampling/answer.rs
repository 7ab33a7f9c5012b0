//! The `SamplingStrategyResponse`, in JSON and in protobuf.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/sampling.proto>

use serde_json::{Number, Value as Json, json};

use super::generated::{
    OperationSamplingStrategy, PerOperationSamplingStrategies, ProbabilisticSamplingStrategy,
    RateLimitingSamplingStrategy, SamplingStrategyResponse, SamplingStrategyType,
};
use super::strategy::{Operations, Rule, Strategy};

/// Jaeger's form: absent messages are left out, all other members are present.
pub(super) fn json(strategy: &Strategy) -> Json {
    let mut answer = match strategy.rule {
        Rule::Probabilistic(rate) => json!({
            "strategyType": "PROBABILISTIC",
            "probabilisticSampling": { "samplingRate": number(rate) },
        }),
        Rule::RateLimiting(rate) => json!({
            "strategyType": "RATE_LIMITING",
            "rateLimitingSampling": { "maxTracesPerSecond": rate },
        }),
    };
    if let (Some(operations), Some(object)) = (&strategy.operations, answer.as_object_mut()) {
        object.insert("operationSampling".to_owned(), operations_json(operations));
    }
    answer
}

fn operations_json(operations: &Operations) -> Json {
    let one = |(operation, rate): &(String, f64)| {
        json!({
            "operation": operation,
            "probabilisticSampling": { "samplingRate": number(*rate) },
        })
    };
    let each: Vec<_> = operations.each.iter().map(one).collect();
    json!({
        "defaultSamplingProbability": number(operations.others),
        "defaultLowerBoundTracesPerSecond": 0,
        "perOperationStrategies": each,
        "defaultUpperBoundTracesPerSecond": 0,
    })
}

/// 0 and 1 are written without a fraction.
fn number(probability: f64) -> Json {
    match probability {
        0.0 => Json::from(0),
        1.0 => Json::from(1),
        other => Number::from_f64(other).map_or(Json::Null, Json::Number),
    }
}

pub(super) fn protobuf(strategy: &Strategy) -> SamplingStrategyResponse {
    let probabilistic = |sampling_rate| ProbabilisticSamplingStrategy { sampling_rate };
    let operation = |(operation, rate): &(String, f64)| OperationSamplingStrategy {
        operation: operation.clone(),
        probabilistic_sampling: Some(probabilistic(*rate)),
    };
    let operations = |operations: &Operations| PerOperationSamplingStrategies {
        default_sampling_probability: operations.others,
        per_operation_strategies: operations.each.iter().map(operation).collect(),
        ..PerOperationSamplingStrategies::default()
    };
    let mut answer = SamplingStrategyResponse {
        operation_sampling: strategy.operations.as_ref().map(operations),
        ..SamplingStrategyResponse::default()
    };
    match strategy.rule {
        Rule::Probabilistic(rate) => answer.probabilistic_sampling = Some(probabilistic(rate)),
        Rule::RateLimiting(max_traces_per_second) => {
            answer.set_strategy_type(SamplingStrategyType::RateLimiting);
            answer.rate_limiting_sampling = Some(RateLimitingSamplingStrategy {
                max_traces_per_second,
            });
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn answers_are_written_as_jaeger_writes_them() {
        let strategy = |rule, operations| Strategy { rule, operations };
        let everything = Strategy::default();
        assert_eq!(
            json(&everything).to_string(),
            r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}"#
        );
        assert_eq!(
            protobuf(&everything).encode_to_vec(),
            b"\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"
        );
        let some = strategy(Rule::RateLimiting(42), None);
        assert_eq!(
            json(&some).to_string(),
            r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":42}}"#
        );
        assert_eq!(protobuf(&some).encode_to_vec(), b"\x08\x01\x1a\x02\x08\x2a");
        let operations = Operations {
            others: 0.5,
            each: vec![("op".to_owned(), 0.25)],
        };
        let by_operation = strategy(Rule::Probabilistic(0.5), Some(operations));
        insta::assert_snapshot!(
            json(&by_operation),
            @r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5},"operationSampling":{"defaultSamplingProbability":0.5,"defaultLowerBoundTracesPerSecond":0,"perOperationStrategies":[{"operation":"op","probabilisticSampling":{"samplingRate":0.25}}],"defaultUpperBoundTracesPerSecond":0}}"#
        );
        assert_eq!(
            protobuf(&by_operation).encode_to_vec(),
            b"\x12\x09\x09\0\0\0\0\0\0\xe0\x3f\
              \x22\x1a\x09\0\0\0\0\0\0\xe0\x3f\
              \x1a\x0f\x0a\x02op\x12\x09\x09\0\0\0\0\0\0\xd0\x3f"
        );
    }
}
