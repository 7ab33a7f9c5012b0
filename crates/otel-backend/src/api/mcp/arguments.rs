//! The arguments of a tool: their schema, and lenient parsing of their values.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::failure::Failure;
use super::suggest;
use crate::api::common::{go, ids};
use crate::model::UnixNanos;
use crate::query::IdPattern;

/// An argument of a tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The description; "" if the name is enough.
    pub(super) about: &'static str,
    pub(super) is_required: bool,
}

/// The type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Texts,
    /// An object of texts.
    Map,
}

/// The given arguments.
#[derive(Debug)]
pub(super) struct Arguments {
    given: Map<String, Json>,
    now: UnixNanos,
}

/// Declares a required argument.
pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Argument {
    Argument {
        name,
        kind,
        about,
        is_required: true,
    }
}

/// Declares an optional argument.
pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Argument {
    Argument {
        is_required: false,
        ..required(name, kind, about)
    }
}

/// The JSON Schema of arguments.
pub(super) fn schema(arguments: &[Argument]) -> Json {
    let mut properties = Map::new();
    for argument in arguments {
        let mut property = argument.kind.schema();
        if !argument.about.is_empty() {
            property["description"] = argument.about.into();
        }
        properties.insert(argument.name.to_owned(), property);
    }
    let mut schema = json!({"type": "object", "properties": properties});
    let required = arguments.iter().filter(|argument| argument.is_required);
    let required: Vec<_> = required.map(|argument| argument.name).collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

impl Kind {
    fn schema(self) -> Json {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Number => json!({"type": "integer"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::Map => {
                json!({"type": "object", "additionalProperties": {"type": "string"}})
            }
        }
    }
}

impl Arguments {
    /// Checks that all given arguments are known, and that no required one is missing.
    pub(super) fn new(
        given: Map<String, Json>,
        known: &'static [Argument],
        now: UnixNanos,
    ) -> Result<Self, Failure> {
        let names = || known.iter().map(|argument| argument.name);
        for name in given.keys() {
            if !names().any(|known| known == name) {
                let near = suggest::nearest(name, names(), 1);
                let names: Vec<_> = names().collect();
                let meant = near
                    .first()
                    .map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
                return Err(Failure::new(format!(
                    "there is no argument {name:?}{meant}: the arguments are {}",
                    names.join(", ")
                )));
            }
        }
        let is_missing = |argument: &&Argument| {
            let value = given.get(argument.name);
            argument.is_required && value.is_none_or(|value| value.is_null() || value == "")
        };
        if let Some(missing) = known.iter().find(is_missing) {
            let about = match missing.about {
                "" => String::new(),
                about => format!(": {about}"),
            };
            return Err(Failure::new(format!(
                "the argument {:?} is missing{about}",
                missing.name
            )));
        }
        Ok(Self { given, now })
    }

    /// The time of the request.
    pub(super) fn now(&self) -> UnixNanos {
        self.now
    }

    fn get(&self, name: &str) -> Option<&Json> {
        let value = self.given.get(name)?;
        (!value.is_null() && value != "").then_some(value)
    }

    /// A text; `None` if it is empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.get(name).map(|value| scalar(name, value)).transpose()
    }

    /// A required text, whose presence has been checked.
    pub(super) fn required(&self, name: &str) -> Result<String, Failure> {
        Ok(self.text(name)?.unwrap_or_default())
    }

    /// A number from 1 to `max`, and whether it was given; a larger number becomes `max`.
    pub(super) fn count(
        &self,
        name: &str,
        default: usize,
        max: usize,
    ) -> Result<(usize, bool), Failure> {
        let Some(text) = self.text(name)? else {
            return Ok((default, false));
        };
        match text.parse::<f64>() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a cast saturates, and what is not within the bounds is cut to them"
            )]
            Ok(number) if number >= 0.0 => Ok(((number as usize).clamp(1, max), true)),
            _ => Err(Failure::new(format!(
                "{name} must be a number from 1 to {max}, not {text:?}"
            ))),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.text(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Failure::new(format!(
                "{name} must be true or false, not {other:?}"
            ))),
        }
    }

    /// A list of texts, or one text with commas as separators.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(list)) => list.iter().map(|value| scalar(name, value)).collect(),
            Some(one) => {
                let text = scalar(name, one)?;
                Ok(text.split(',').map(|part| part.trim().to_owned()).collect())
            }
        }
    }

    /// An object of texts.
    pub(super) fn map(&self, name: &str) -> Result<Vec<(String, String)>, Failure> {
        let wrong = || {
            Failure::new(format!(
                "{name} must be an object of texts, such as {{\"http.route\": \"/checkout\"}}"
            ))
        };
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Json::Object(members)) => members
                .iter()
                .map(|(key, value)| Ok((key.clone(), scalar(name, value).map_err(|_| wrong())?)))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// A time: RFC 3339, `now`, or an age such as `15m` or `-15m`.
    pub(super) fn time(&self, name: &str) -> Result<Option<UnixNanos>, Failure> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let age = || duration(text.trim_start_matches('-')).map(|age| self.now.before(age));
        let time = match text.as_str() {
            "now" => Some(self.now),
            _ => instant(&text).or_else(age),
        };
        let wrong = || {
            Failure::new(format!(
                "{name} must be a time such as 2026-01-31T09:30:00Z, now or -15m, not {text:?}"
            ))
        };
        time.map(Some).ok_or_else(wrong)
    }

    /// A duration such as `250ms`, `1h30m` or `2d`.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Failure> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let wrong = || {
            Failure::new(format!(
                "{name} must be a duration such as 250ms, 1.5s or 2m, not {text:?}"
            ))
        };
        duration(&text).map(Some).ok_or_else(wrong)
    }

    /// A trace id: complete, its first digits, or inside the header `traceparent` or
    /// `traceresponse`.
    pub(super) fn trace(&self, name: &str) -> Result<IdPattern, Failure> {
        let text = self.required(name)?;
        let within = text.trim().split('-').nth(1).filter(|id| id.len() == 32);
        let id = within.unwrap_or(text.trim());
        ids::parse(id).map_err(|_| {
            Failure::new(format!(
                "{name} must be the id of a trace or at least its first 4 digits, not {text:?}"
            ))
        })
    }
}

fn scalar(name: &str, value: &Json) -> Result<String, Failure> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(bool) => Ok(bool.to_string()),
        _ => Err(Failure::new(format!("{name} must be a text"))),
    }
}

fn instant(text: &str) -> Option<UnixNanos> {
    let time = text.parse::<Timestamp>().ok()?;
    Some(UnixNanos(u64::try_from(time.as_nanosecond()).ok()?))
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(days) = text.strip_suffix('d') {
        let days: u32 = days.parse().ok()?;
        return Some(Duration::from_hours(24 * u64::from(days)));
    }
    go::parse_duration(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos(1_700_000_000_000_000_000);
    static KNOWN: [Argument; 4] = [
        required("id", Kind::Text, "the id"),
        optional("limit", Kind::Number, ""),
        optional("from", Kind::Text, ""),
        optional("attributes", Kind::Map, ""),
    ];

    fn arguments(json: &Json) -> Result<Arguments, String> {
        let given = json.as_object().unwrap().clone();
        Arguments::new(given, &KNOWN, NOW).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        let refused = |json: &Json| arguments(json).unwrap_err();
        assert_eq!(
            refused(&json!({})),
            r#"the argument "id" is missing: the id"#
        );
        assert_eq!(
            refused(&json!({"limits": 1})),
            r#"there is no argument "limits" (did you mean limit?): the arguments are id, limit, from, attributes"#
        );
        let wrong = arguments(&json!({"id": "x", "limit": "many", "from": "then"})).unwrap();
        let said = wrong.count("limit", 1, 9).unwrap_err().to_string();
        assert_eq!(said, r#"limit must be a number from 1 to 9, not "many""#);
        let said = wrong.time("from").unwrap_err().to_string();
        assert!(said.contains("2026-01-31T09:30:00Z, now or -15m"), "{said}");
    }

    #[test]
    fn values_are_read_in_the_ways_in_which_agents_write_them() {
        let count = |json: Json| {
            let given = arguments(&json!({"id": "x", "limit": json})).unwrap();
            given.count("limit", 10, 50).unwrap()
        };
        assert_eq!(count(json!(null)), (10, false));
        assert_eq!(count(json!("20")), (20, true));
        assert_eq!(count(json!(20.0)), (20, true));
        assert_eq!(count(json!(2000)), (50, true));
        let time = |text: &str| {
            let given = arguments(&json!({"id": "x", "from": text})).unwrap();
            given.time("from").unwrap().unwrap()
        };
        assert_eq!(time("now"), NOW);
        assert_eq!(time("-15m"), NOW.before(Duration::from_mins(15)));
        assert_eq!(time("1h30m"), NOW.before(Duration::from_mins(90)));
        assert_eq!(time("2d"), NOW.before(Duration::from_hours(48)));
        assert_eq!(time("2023-11-14T22:13:20Z"), NOW);
        let given = json!({"id": "x", "attributes": {"n": 1, "b": true, "t": "x"}});
        let map = arguments(&given).unwrap().map("attributes").unwrap();
        let map: Vec<_> = map
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(map, ["n=1", "b=true", "t=x"]);
    }

    #[test]
    fn a_trace_is_named_by_its_id_its_first_digits_or_a_header() {
        let whole = "4bf92f3577b34da6a3ce929d0e0e4736";
        let trace = |id: &str| arguments(&json!({"id": id})).unwrap().trace("id");
        let expected = trace(whole).unwrap();
        assert_eq!(
            trace(&format!("00-{whole}-00f067aa0ba902b7-01")).unwrap(),
            expected
        );
        assert!(trace("4bf9").is_ok());
        assert!(trace("nothing").is_err());
    }
}
