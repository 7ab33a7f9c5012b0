//! Finds the spans of a frame that may satisfy a search: possibly too many, never too few.

use std::rc::Rc;
use std::time::Duration;

use super::heads::{Head, KnownHeads};
use crate::format::otlp::fields::{event, span, status};
use crate::model::{SpanKind, StatusCode, TraceId, UnixNanos, Value};
use crate::query::condition::{Condition, Field, Literal, Operator, Place, Test};
use crate::query::predicate::{Search, Tag};
use crate::store::{MessagePlace, ReadAt, ReadError, Scan, TraceRows, Wanted};

/// True for each span that may match; empty if none may, as in most frames.
pub(super) type Mask = Vec<bool>;

/// The columns of a group, and what has been read of them.
pub(super) struct Asking<'s, 'u, R> {
    pub(super) scan: Scan<'s, 'u, R>,
    traces: Option<Vec<TraceRows>>,
    starts: Option<Vec<u64>>,
    pub(super) known: &'s mut KnownHeads,
    /// The resources and scopes; none if one cannot be read.
    #[expect(clippy::option_option, reason = "they may not have been read yet")]
    heads: Option<Option<Vec<Rc<Head>>>>,
    /// For each span, the number of its resource and scope.
    head_codes: Option<Vec<u64>>,
    /// True if every span of a mask matches for certain.
    pub(super) is_exact: bool,
}

impl<'s, 'u, R: ReadAt<Error = ReadError>> Asking<'s, 'u, R> {
    pub(super) fn new(scan: Scan<'s, 'u, R>, known: &'s mut KnownHeads) -> Self {
        Self {
            scan,
            traces: None,
            starts: None,
            known,
            heads: None,
            head_codes: None,
            is_exact: true,
        }
    }

    fn all(&self) -> Mask {
        vec![true; self.scan.group.layout.spans]
    }

    /// Tests one condition after the other, the cheapest first, while candidates are left.
    pub(super) fn search(&mut self, search: &Search) -> Result<Mask, ReadError> {
        let mut mask = self.all();
        if search.min_duration > Duration::ZERO || search.max_duration.is_some() {
            let max = search.max_duration.unwrap_or(Duration::MAX);
            self.durations(
                &|nanos| (search.min_duration..=max).contains(&nanos),
                &mut mask,
            )?;
        }
        for tag in &search.tags {
            if !mask.contains(&true) {
                return Ok(mask);
            }
            let tagged = self.tag(tag)?;
            self.is_exact &= tagged.is_some();
            if let Some(tagged) = tagged {
                and(&mut mask, &tagged);
            }
        }
        if let Some(service) = &search.service
            && mask.contains(&true)
        {
            let is_it = |head: &Head| head.resource.service_name() == service;
            and(&mut mask, &self.heads(&is_it)?);
        }
        if let Some(operation) = &search.operation
            && mask.contains(&true)
        {
            let named = self.equal(MessagePlace::Span, span::NAME, "", operation)?;
            and(&mut mask, &named);
        }
        if let Some(condition) = &search.condition
            && mask.contains(&true)
            && let Some(met) = self.condition(condition)?
        {
            and(&mut mask, &met);
        }
        // Conditions are judged by the whole span.
        self.is_exact &= search.condition.is_none();
        if (search.from, search.to) != (UnixNanos(0), UnixNanos::MAX) && mask.contains(&true) {
            let times = search.from.0..=search.to.0;
            for (wanted, start) in mask.iter_mut().zip(self.starts()?) {
                *wanted &= times.contains(start);
            }
        }
        Ok(mask)
    }

    /// The spans that may satisfy a condition; `None` if all may.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<Option<Mask>, ReadError> {
        match condition {
            Condition::All(conditions) => {
                let mut all = None;
                for condition in conditions {
                    let Some(met) = self.condition(condition)? else {
                        continue;
                    };
                    let mask = all.get_or_insert_with(|| vec![true; met.len()]);
                    and(mask, &met);
                    if !mask.contains(&true) {
                        break;
                    }
                }
                Ok(all)
            }
            Condition::Any(conditions) => {
                let mut any = Mask::new();
                for condition in conditions {
                    let Some(met) = self.condition(condition)? else {
                        return Ok(None);
                    };
                    or(&mut any, met);
                }
                Ok(Some(any))
            }
            Condition::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Result<Option<Mask>, ReadError> {
        let passes = |value: &Value<'_>| match test.literal {
            Literal::Nil => true,
            _ => test.literal.compare(value, test.operator),
        };
        if test.literal == Literal::Nil && test.operator == Operator::Equal {
            // A field without values has no column.
            return Ok(None);
        }
        let text = test.literal.text();
        let wanted = Wanted {
            test: &passes,
            text: text.as_deref().filter(|_| test.operator == Operator::Equal),
            prefix: test.literal.prefix(test.operator),
            is_bound: matches!(
                test.operator,
                Operator::Greater
                    | Operator::GreaterOrEqual
                    | Operator::Less
                    | Operator::LessOrEqual
            ) && !matches!(test.literal, Literal::Text(_)),
        };
        let text_of = |text: &'static str| Value::String(text.into());
        Ok(Some(match &test.field {
            Field::Attribute(place, key) => self.attribute(*place, key, &wanted)?,
            Field::Name => {
                let default = passes(&Value::String("".into()));
                self.field(MessagePlace::Span, span::NAME, default, &passes)?
            }
            Field::Kind => {
                let passes = |value: &Value<'_>| passes(&text_of(kind_of(value)));
                let default = passes(&Value::Int(0));
                self.field(MessagePlace::Span, span::KIND, default, &passes)?
            }
            Field::Status => {
                let passes = |value: &Value<'_>| passes(&text_of(status_of(value)));
                let default = passes(&Value::Int(0));
                self.field(MessagePlace::Status, status::CODE, default, &passes)?
            }
            Field::StatusMessage => {
                let default = passes(&Value::String("".into()));
                self.field(MessagePlace::Status, status::MESSAGE, default, &passes)?
            }
            Field::Duration => {
                let mut mask = self.all();
                let passes = |duration: Duration| passes(&nanos(duration.as_nanos()));
                self.durations(&passes, &mut mask)?;
                mask
            }
            // An event without a name has no column.
            Field::EventName if passes(&Value::String("".into())) => return Ok(None),
            Field::EventName => {
                let rows = self
                    .scan
                    .rows(MessagePlace::Event, event::NAME, None, &wanted)?;
                self.mask_of(rows)
            }
            Field::ScopeName => {
                self.heads(&|head| passes(&Value::String((&*head.scope.name).into())))?
            }
            Field::ScopeVersion => {
                self.heads(&|head| passes(&Value::String((&*head.scope.version).into())))?
            }
        }))
    }

    fn attribute(
        &mut self,
        place: Place,
        key: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Mask, ReadError> {
        let mut mask = Mask::new();
        let message = match place {
            Place::Any | Place::Span => Some(MessagePlace::Span),
            Place::Event => Some(MessagePlace::Event),
            Place::Link => Some(MessagePlace::Link),
            Place::Resource | Place::Scope => None,
        };
        if let Some(message) = message {
            let rows = self.scan.attribute_rows(message, key, wanted)?;
            or(&mut mask, self.mask_of(rows));
        }
        if let Place::Any | Place::Resource | Place::Scope = place {
            let has = |head: &Head| {
                let attributes = match place {
                    Place::Scope => &head.scope.attributes,
                    _ => &head.resource.attributes,
                };
                let mut found = attributes.iter().filter(|attribute| attribute.key == key);
                found.any(|attribute| (wanted.test)(&attribute.value))
            };
            or(&mut mask, self.heads(&has)?);
        }
        Ok(mask)
    }

    /// The spans that may have a tag; `None` if all may.
    fn tag(&mut self, tag: &Tag) -> Result<Option<Mask>, ReadError> {
        if tag.is_about_status() {
            // A span whose status is OK has failed nevertheless if its attribute `error` says so.
            self.is_exact &= tag.key != "error";
            return Ok(Some(self.status(tag.status())?));
        }
        if tag.says_failed() {
            let mut mask = self.status(Some(StatusCode::Error))?;
            let is_true = |value: &Value<'_>| value.text() == "true";
            let wanted = Wanted {
                test: &is_true,
                text: Some("true"),
                prefix: Some("true"),
                is_bound: false,
            };
            or(&mut mask, self.attribute(Place::Span, "error", &wanted)?);
            return Ok(Some(mask));
        }
        let is_equal = |value: &Value<'_>| value.text() == tag.value;
        let wanted = Wanted {
            test: &is_equal,
            text: Some(&tag.value),
            prefix: Some(&tag.value),
            is_bound: false,
        };
        let key = tag.key.as_str();
        Ok(match key {
            "span.kind"
            | "scope.name"
            | "scope.version"
            | "w3c.tracestate"
            | "otel.status_code"
            | "otel.status_description"
            | "otel.scope.name"
            | "otel.scope.version" => None,
            _ => {
                if let Some(key) = key.strip_prefix("resource.") {
                    return Ok(Some(self.attribute(Place::Resource, key, &wanted)?));
                }
                let mut mask = self.attribute(Place::Any, key, &wanted)?;
                for place in [Place::Scope, Place::Event, Place::Link] {
                    or(&mut mask, self.attribute(place, key, &wanted)?);
                }
                Some(mask)
            }
        })
    }

    /// The spans with that status.
    fn status(&mut self, wanted: Option<StatusCode>) -> Result<Mask, ReadError> {
        let passes = |value: &Value<'_>| wanted == Some(code_of(value));
        let default = wanted == Some(StatusCode::Unset);
        self.field(MessagePlace::Status, status::CODE, default, &passes)
    }

    /// The spans with a value of a singular field that passes; spans without the field give
    /// `default`.
    fn field(
        &mut self,
        place: MessagePlace,
        field: u32,
        default: bool,
        passes: &dyn Fn(&Value<'_>) -> bool,
    ) -> Result<Mask, ReadError> {
        if !default {
            let rows = self
                .scan
                .rows(place, field, None, &Wanted::passing(passes))?;
            return Ok(self.mask_of(rows));
        }
        let fails = |value: &Value<'_>| !passes(value);
        let rows = self
            .scan
            .rows(place, field, None, &Wanted::passing(&fails))?;
        let mut mask = self.all();
        for row in rows {
            if let Some(wanted) = mask.get_mut(row) {
                *wanted = false;
            }
        }
        Ok(mask)
    }

    /// The spans whose text in a singular field is this.
    fn equal(
        &mut self,
        place: MessagePlace,
        field: u32,
        default: &str,
        text: &str,
    ) -> Result<Mask, ReadError> {
        let is_equal = |value: &Value<'_>| value.text() == text;
        self.field(place, field, default == text, &is_equal)
    }

    fn durations(
        &mut self,
        passes: &dyn Fn(Duration) -> bool,
        mask: &mut Mask,
    ) -> Result<(), ReadError> {
        let duration = |nanos: i64| Duration::from_nanos(u64::try_from(nanos).unwrap_or_default());
        for (wanted, nanos) in mask.iter_mut().zip(self.scan.group.durations()?) {
            *wanted &= passes(duration(nanos.cast_signed()));
        }
        Ok(())
    }

    /// The spans whose resource and scope pass.
    fn heads(&mut self, passes: &dyn Fn(&Head) -> bool) -> Result<Mask, ReadError> {
        if self.heads.is_none() {
            let heads = self.scan.group.heads()?;
            self.heads = Some(self.known.of(&heads));
        }
        // If a resource cannot be read, its spans are read instead.
        let Some(Some(heads)) = &self.heads else {
            self.is_exact = false;
            return Ok(self.all());
        };
        let passes: Vec<_> = heads.iter().map(|head| passes(head)).collect();
        if !passes.contains(&true) {
            return Ok(Mask::new());
        }
        if self.head_codes.is_none() {
            self.head_codes = Some(self.scan.group.head_codes()?);
        }
        let codes = self.head_codes.iter().flatten();
        let passes = |code: &u64| {
            let code = usize::try_from(*code).unwrap_or(usize::MAX);
            passes.get(code).copied().unwrap_or(true)
        };
        Ok(codes.map(passes).collect())
    }

    fn mask_of(&self, rows: Vec<usize>) -> Mask {
        if rows.is_empty() {
            return Mask::new();
        }
        let mut mask = vec![false; self.scan.group.layout.spans];
        for row in rows {
            if let Some(wanted) = mask.get_mut(row) {
                *wanted = true;
            }
        }
        mask
    }

    fn starts(&mut self) -> Result<&[u64], ReadError> {
        if self.starts.is_none() {
            self.starts = Some(self.scan.group.starts()?);
        }
        Ok(self.starts.as_deref().unwrap_or_default())
    }

    fn traces(&mut self) -> Result<&[TraceRows], ReadError> {
        if self.traces.is_none() {
            self.traces = Some(self.scan.group.traces()?);
        }
        Ok(self.traces.as_deref().unwrap_or_default())
    }

    /// The start of each span's trace, as far as the group knows.
    pub(super) fn starts_of(
        &mut self,
        mask: &[bool],
    ) -> Result<Vec<(TraceId, UnixNanos)>, ReadError> {
        let starts = self.starts()?.to_vec();
        let is_wanted = |trace: &&TraceRows| {
            let wanted = mask.get(trace.rows.clone());
            wanted.is_some_and(|wanted| wanted.contains(&true))
        };
        let first = |trace: &TraceRows| {
            let starts = starts.get(trace.rows.clone()).unwrap_or_default();
            let first = starts.iter().copied().min().unwrap_or_default();
            (trace.id, UnixNanos(first))
        };
        Ok(self.traces()?.iter().filter(is_wanted).map(first).collect())
    }
}

fn and(mask: &mut Mask, other: &[bool]) {
    if other.is_empty() {
        mask.clear();
    }
    for (wanted, other) in mask.iter_mut().zip(other) {
        *wanted &= other;
    }
}

fn or(mask: &mut Mask, other: Mask) {
    if mask.is_empty() {
        *mask = other;
        return;
    }
    for (wanted, other) in mask.iter_mut().zip(other) {
        *wanted |= other;
    }
}

fn number_of(value: &Value<'_>) -> u64 {
    match value {
        Value::Int(number) => number.cast_unsigned(),
        _ => 0,
    }
}

fn code_of(value: &Value<'_>) -> StatusCode {
    StatusCode::from_number(number_of(value))
}

fn status_of(value: &Value<'_>) -> &'static str {
    Field::status_text(code_of(value))
}

fn kind_of(value: &Value<'_>) -> &'static str {
    Field::kind_text(SpanKind::from_number(number_of(value)))
}

fn nanos(nanos: u128) -> Value<'static> {
    Value::Int(i64::try_from(nanos).unwrap_or(i64::MAX))
}
