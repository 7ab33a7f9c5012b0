//! Which spans of a frame of columns may satisfy a search, without putting any span together.
//!
//! What is found here is then put together and looked at as a whole, so too many may be found, and
//! never too few.

use std::ops::Range;
use std::time::Duration;

use super::condition::{Condition, Field, Literal, Operator, Place, Test};
use super::predicate::{Search, Tag};
use crate::format::otlp::fields::{event, span, status};
use crate::format::otlp::{Group as OtlpGroup, SpanGroup, span_groups};
use crate::model::{SpanId, SpanKind, StatusCode, TraceId, UnixNanos, Value};
use crate::store::{Group, MessagePlace, ReadAt, ReadError, Scan, TraceRows, Wanted};

/// Spans that may satisfy a search, and when their traces start as far as the frame knows.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// A `TracesData` of the spans.
    pub(super) data: Vec<u8>,
    /// The first start of each of their traces.
    pub(super) starts: Vec<(TraceId, UnixNanos)>,
}

/// A span is a candidate where this is true.
type Mask = Vec<bool>;

/// The candidates of a group.
pub(super) fn candidates<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
    search: &Search,
) -> Result<Candidates, ReadError> {
    let spans = group.spans;
    let mut asking = Asking::new(Scan::new(group));
    let mask = if asking.scan.is_regular()? {
        asking.search(search)?
    } else {
        vec![true; spans]
    };
    if !mask.contains(&true) {
        return Ok(Candidates::default());
    }
    let starts = asking.starts_of(&mask)?;
    let messages = group.messages(ranges(&mask))?;
    let mut data = Vec::new();
    messages.write(&mut data);
    Ok(Candidates { data, starts })
}

/// What the calls between services need of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) trace_id: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    /// The number of its service.
    pub(super) service: usize,
    pub(super) start: UnixNanos,
    pub(super) end: UnixNanos,
}

/// The services of a group by their numbers, and its spans, those of a trace together.
pub(super) type Nodes = (Vec<String>, Vec<Node>);

/// The services and the spans of a group; `None` if the columns do not tell.
pub(super) fn nodes<R: ReadAt<Error = ReadError>>(
    group: &mut Group<'_, R>,
) -> Result<Option<Nodes>, ReadError> {
    if !Scan::new(group).is_regular()? {
        return Ok(None);
    }
    let heads = group.heads()?;
    let groups = heads.iter().map(|head| OtlpGroup {
        head,
        spans: Vec::new(),
    });
    let Ok(groups) = span_groups(groups.collect()) else {
        return Ok(None);
    };
    let services = groups.iter().map(|group| group.resource.service_name());
    let services = services.map(str::to_owned).collect();
    let parents = Scan::new(group).parents()?;
    let (ids, codes) = (group.span_ids()?, group.head_codes()?);
    let (starts, durations) = (group.starts()?, group.durations()?);
    let mut nodes = Vec::with_capacity(group.spans);
    for trace in group.traces()? {
        nodes.extend(trace.rows.filter_map(|row| {
            let start = *starts.get(row)?;
            Some(Node {
                trace_id: trace.id,
                id: SpanId::new(*ids.get(row)?).ok()?,
                parent: SpanId::new(*parents.get(row)?).ok(),
                service: usize::try_from(*codes.get(row)?).ok()?,
                start: UnixNanos(start),
                end: UnixNanos(start.wrapping_add(*durations.get(row)?)),
            })
        }));
    }
    Ok(Some((services, nodes)))
}

/// The ranges of places where this is true.
fn ranges(mask: &[bool]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, _) in mask.iter().enumerate().filter(|(_, wanted)| **wanted) {
        match ranges.last_mut() {
            Some(range) if range.end == place => range.end += 1,
            _ => ranges.push(place..place + 1),
        }
    }
    ranges
}

/// The columns of a group, and what of them was read already.
struct Asking<'s, 'u, R> {
    scan: Scan<'s, 'u, R>,
    traces: Option<Vec<TraceRows>>,
    starts: Option<Vec<u64>>,
    /// For each span, the number of its resource and scope.
    heads: Option<Vec<u64>>,
}

impl<'s, 'u, R: ReadAt<Error = ReadError>> Asking<'s, 'u, R> {
    fn new(scan: Scan<'s, 'u, R>) -> Self {
        Self {
            scan,
            traces: None,
            starts: None,
            heads: None,
        }
    }

    fn all(&self) -> Mask {
        vec![true; self.scan.group.spans]
    }

    /// Asks for one thing after the other, the cheapest first, while candidates are left.
    fn search(&mut self, search: &Search) -> Result<Mask, ReadError> {
        let mut mask = self.all();
        if search.min_duration > Duration::ZERO || search.max_duration.is_some() {
            let max = search.max_duration.unwrap_or(Duration::MAX);
            self.durations(
                &|nanos| (search.min_duration..=max).contains(&nanos),
                &mut mask,
            )?;
        }
        if let Some(service) = &search.service
            && mask.contains(&true)
        {
            let is_it = |group: &SpanGroup<'_>| group.resource.service_name() == service;
            and(&mut mask, &self.groups(&is_it)?);
        }
        if let Some(operation) = &search.operation
            && mask.contains(&true)
        {
            let named = self.equal(MessagePlace::Span, span::NAME, "", operation)?;
            and(&mut mask, &named);
        }
        for tag in &search.tags {
            if !mask.contains(&true) {
                return Ok(mask);
            }
            if let Some(tagged) = self.tag(tag)? {
                and(&mut mask, &tagged);
            }
        }
        if let Some(condition) = &search.condition
            && mask.contains(&true)
            && let Some(met) = self.condition(condition)?
        {
            and(&mut mask, &met);
        }
        if (search.from, search.to) != (UnixNanos(0), UnixNanos::MAX) && mask.contains(&true) {
            let times = search.from.0..=search.to.0;
            for (wanted, start) in mask.iter_mut().zip(self.starts()?) {
                *wanted &= times.contains(start);
            }
        }
        Ok(mask)
    }

    /// The spans that may meet a condition; `None` if all may.
    fn condition(&mut self, condition: &Condition) -> Result<Option<Mask>, ReadError> {
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
                let mut any = vec![false; self.scan.group.spans];
                for condition in conditions {
                    let Some(met) = self.condition(condition)? else {
                        return Ok(None);
                    };
                    or(&mut any, &met);
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
            // What is not there has no column.
            return Ok(None);
        }
        let text = test.literal.text();
        let wanted = Wanted {
            test: &passes,
            text: text.as_deref().filter(|_| test.operator == Operator::Equal),
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
                self.groups(&|group| passes(&Value::String((&*group.scope.name).into())))?
            }
            Field::ScopeVersion => {
                self.groups(&|group| passes(&Value::String((&*group.scope.version).into())))?
            }
        }))
    }

    fn attribute(
        &mut self,
        place: Place,
        key: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Mask, ReadError> {
        let mut mask = vec![false; self.scan.group.spans];
        let message = match place {
            Place::Any | Place::Span => Some(MessagePlace::Span),
            Place::Event => Some(MessagePlace::Event),
            Place::Link => Some(MessagePlace::Link),
            Place::Resource | Place::Scope => None,
        };
        if let Some(message) = message {
            let rows = self.scan.attribute_rows(message, key, wanted)?;
            or(&mut mask, &self.mask_of(rows));
        }
        if let Place::Any | Place::Resource | Place::Scope = place {
            let has = |group: &SpanGroup<'_>| {
                let attributes = match place {
                    Place::Scope => &group.scope.attributes,
                    _ => &group.resource.attributes,
                };
                let mut found = attributes.iter().filter(|attribute| attribute.key == key);
                found.any(|attribute| (wanted.test)(&attribute.value))
            };
            or(&mut mask, &self.groups(&has)?);
        }
        Ok(mask)
    }

    /// The spans that may have a tag; `None` if all may.
    fn tag(&mut self, tag: &Tag) -> Result<Option<Mask>, ReadError> {
        if tag.is_about_status() {
            return Ok(Some(self.status(tag.status())?));
        }
        if tag.says_failed() {
            let mut mask = self.status(Some(StatusCode::Error))?;
            let is_true = |value: &Value<'_>| value.text() == "true";
            let wanted = Wanted {
                test: &is_true,
                text: Some("true"),
                is_bound: false,
            };
            or(&mut mask, &self.attribute(Place::Span, "error", &wanted)?);
            return Ok(Some(mask));
        }
        let is_equal = |value: &Value<'_>| value.text() == tag.value;
        let wanted = Wanted {
            test: &is_equal,
            text: Some(&tag.value),
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
                    or(&mut mask, &self.attribute(place, key, &wanted)?);
                }
                Some(mask)
            }
        })
    }

    /// The spans of that status.
    fn status(&mut self, wanted: Option<StatusCode>) -> Result<Mask, ReadError> {
        let passes = |value: &Value<'_>| wanted == Some(code_of(value));
        let default = wanted == Some(StatusCode::Unset);
        self.field(MessagePlace::Status, status::CODE, default, &passes)
    }

    /// The spans of which a field that they have once passes; without it they do as `default` says.
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
        let mut mask = self.mask_of(rows);
        for failed in &mut mask {
            *failed = !*failed;
        }
        Ok(mask)
    }

    /// The spans of which a text that they have once is this.
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

    /// The spans of which the resource and the scope pass.
    fn groups(&mut self, passes: &dyn Fn(&SpanGroup<'_>) -> bool) -> Result<Mask, ReadError> {
        let heads = self.scan.group.heads()?;
        let groups = heads.iter().map(|head| OtlpGroup {
            head,
            spans: Vec::new(),
        });
        let groups = span_groups(groups.collect());
        // A resource that cannot be read is looked at with its spans.
        let passes: Option<Vec<_>> = groups
            .ok()
            .map(|groups| groups.iter().map(passes).collect());
        let Some(passes) = passes else {
            return Ok(self.all());
        };
        if self.heads.is_none() {
            self.heads = Some(self.scan.group.head_codes()?);
        }
        let codes = self.heads.iter().flatten();
        let passes = |code: &u64| {
            let code = usize::try_from(*code).unwrap_or(usize::MAX);
            passes.get(code).copied().unwrap_or(true)
        };
        Ok(codes.map(passes).collect())
    }

    fn mask_of(&self, rows: Vec<usize>) -> Mask {
        let mut mask = vec![false; self.scan.group.spans];
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

    /// When each trace of these spans starts, as far as the group knows.
    fn starts_of(&mut self, mask: &[bool]) -> Result<Vec<(TraceId, UnixNanos)>, ReadError> {
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
    for (wanted, other) in mask.iter_mut().zip(other) {
        *wanted &= other;
    }
}

fn or(mask: &mut Mask, other: &[bool]) {
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
