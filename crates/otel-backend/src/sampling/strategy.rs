//! Sampling strategies, and their file in Jaeger's format.
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/sampling/#file-based-sampling-configuration>

use std::collections::HashMap;

use serde::Deserialize;

/// The strategies of all services.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Strategies {
    others: Strategy,
    services: HashMap<String, Strategy>,
}

/// The strategy of one service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strategy {
    pub(super) rule: Rule,
    /// The probabilities of individual operations, if any.
    pub(super) operations: Option<Operations>,
}

/// A rule for sampling a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rule {
    /// A probability.
    Probabilistic(f64),
    /// A number of traces per second.
    RateLimiting(i32),
}

/// The probabilities of operations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operations {
    /// The probability of all other operations.
    pub(super) others: f64,
    pub(super) each: Vec<(String, f64)>,
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            rule: Rule::Probabilistic(1.0),
            operations: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    default_strategy: Option<ServiceJson>,
    #[serde(default)]
    service_strategies: Vec<ServiceJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceJson {
    #[serde(default)]
    service: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    param: Option<f64>,
    #[serde(default)]
    operation_strategies: Vec<OperationJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationJson {
    operation: String,
    #[serde(rename = "type")]
    kind: String,
    param: f64,
}

impl Strategies {
    /// Parses a file.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        let file: FileJson = serde_json::from_slice(json).map_err(|reason| reason.to_string())?;
        let others = match file.default_strategy {
            Some(json) => strategy("default_strategy", json)?,
            None => Strategy::default(),
        };
        let mut services = HashMap::new();
        for mut json in file.service_strategies {
            let service = std::mem::take(&mut json.service);
            if service.is_empty() {
                return Err("a service strategy has no 'service'".to_owned());
            }
            let mut read = strategy(&format!("service '{service}'"), json)?;
            read.add_operations_of(&others);
            services.insert(service, read);
        }
        Ok(Self { others, services })
    }

    /// The strategy for a service.
    pub(super) fn of(&self, service: &str) -> &Strategy {
        self.services.get(service).unwrap_or(&self.others)
    }
}

fn strategy(whose: &str, json: ServiceJson) -> Result<Strategy, String> {
    let rule = match json.kind.as_deref() {
        None if json.param.is_none() => Rule::Probabilistic(1.0),
        kind => rule(
            whose,
            kind.unwrap_or_default(),
            json.param.unwrap_or(f64::NAN),
        )?,
    };
    let mut each = Vec::new();
    for operation in json.operation_strategies {
        let whose = format!("operation '{}' of {whose}", operation.operation);
        match rule_of_operation(&whose, &operation)? {
            Rule::Probabilistic(probability) => each.push((operation.operation, probability)),
            Rule::RateLimiting(_) => {
                return Err(format!("{whose} can only be of type 'probabilistic'"));
            }
        }
    }
    let operations = (!each.is_empty()).then(|| Operations {
        others: rule.probability().unwrap_or(1.0),
        each,
    });
    Ok(Strategy { rule, operations })
}

fn rule_of_operation(whose: &str, operation: &OperationJson) -> Result<Rule, String> {
    rule(whose, &operation.kind, operation.param)
}

fn rule(whose: &str, kind: &str, param: f64) -> Result<Rule, String> {
    match kind {
        "probabilistic" if (0.0..=1.0).contains(&param) => Ok(Rule::Probabilistic(param)),
        "probabilistic" => Err(format!(
            "'param' of {whose} is not a probability from 0 to 1"
        )),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range has been checked"
        )]
        "ratelimiting" if (0.0..=f64::from(i32::MAX)).contains(&param) => {
            Ok(Rule::RateLimiting(param as i32))
        }
        "ratelimiting" => Err(format!(
            "'param' of {whose} is not a number of traces a second"
        )),
        other => Err(format!(
            "'type' of {whose} is '{other}': use probabilistic or ratelimiting"
        )),
    }
}

impl Rule {
    fn probability(self) -> Option<f64> {
        match self {
            Self::Probabilistic(probability) => Some(probability),
            Self::RateLimiting(_) => None,
        }
    }
}

impl Strategy {
    /// Adds the operations of the default strategy that the service does not list itself.
    fn add_operations_of(&mut self, default: &Self) {
        let Some(default) = &default.operations else {
            return;
        };
        match &mut self.operations {
            Some(own) => {
                let is_new = |(name, _): &&(String, f64)| !own.each.iter().any(|(o, _)| o == name);
                let new: Vec<_> = default.each.iter().filter(is_new).cloned().collect();
                own.each.extend(new);
            }
            none => {
                *none = Some(Operations {
                    others: self.rule.probability().unwrap_or(default.others),
                    each: default.each.clone(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_the_default_hold_for_every_service() {
        let json = br#"{
            "default_strategy": {"type": "probabilistic", "param": 0.5, "operation_strategies": [
                {"operation": "/health", "type": "probabilistic", "param": 0},
                {"operation": "/metrics", "type": "probabilistic", "param": 0.1}
            ]},
            "service_strategies": [
                {"service": "rate", "type": "ratelimiting", "param": 5},
                {"service": "own", "type": "probabilistic", "param": 0.8, "operation_strategies": [
                    {"operation": "/health", "type": "probabilistic", "param": 1}
                ]}
            ]
        }"#;
        let strategies = Strategies::read(json).unwrap();
        let rate = strategies.of("rate");
        assert_eq!(rate.rule, Rule::RateLimiting(5));
        assert_eq!(rate.operations, strategies.of("any").operations);
        let own = Operations {
            others: 0.8,
            each: vec![("/health".into(), 1.0), ("/metrics".into(), 0.1)],
        };
        assert_eq!(strategies.of("own").operations, Some(own));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |json: &str| Strategies::read(json.as_bytes()).unwrap_err();
        insta::assert_snapshot!(
            [
                wrong(r#"{"service_strategies": [{"type": "probabilistic", "param": 1}]}"#),
                wrong(r#"{"default_strategy": {"type": "probabilistic", "param": 2}}"#),
                wrong(r#"{"default_strategy": {"type": "adaptive", "param": 1}}"#),
                wrong(r#"{"service_strategies": [{"service": "s", "type": "ratelimiting"}]}"#),
                wrong(r#"{"service_strategies": [{"service": "s", "operation_strategies": [
                    {"operation": "o", "type": "ratelimiting", "param": 1}]}]}"#),
                wrong(r#"{"defaults": {}}"#),
            ]
            .join("\n"),
            @r"
        a service strategy has no 'service'
        'param' of default_strategy is not a probability from 0 to 1
        'type' of default_strategy is 'adaptive': use probabilistic or ratelimiting
        'param' of service 's' is not a number of traces a second
        operation 'o' of service 's' can only be of type 'probabilistic'
        unknown field `defaults`, expected `default_strategy` or `service_strategies` at line 1 column 11
        "
        );
    }
}
