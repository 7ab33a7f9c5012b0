//! Extracts a span's status from its tags.

use crate::format::tags::{status_code, take_string};
use crate::model::{Attribute, Status, StatusCode, Text};

/// Removes the status from the tags.
///
/// OpenTelemetry's exporters write `otel.status_code`, and put the description of an error into
/// `error`. Without a code, Zipkin takes a span with a tag `error` as failed, whatever its value;
/// here the value "false" is an exception.
pub(super) fn take<'a>(tags: &mut Vec<Attribute<'a>>) -> Status<'a> {
    let code = take_string(tags, "otel.status_code").map(|code| named(&code));
    let description = take_string(tags, "otel.status_description");
    let code = match code {
        None if has_error(tags) => StatusCode::Error,
        code => code.unwrap_or_default(),
    };
    let message = match code {
        StatusCode::Error => description.or(take_error(tags)),
        StatusCode::Unset | StatusCode::Ok => description,
    };
    Status {
        code,
        message: message.unwrap_or_default(),
    }
}

fn has_error(tags: &[Attribute<'_>]) -> bool {
    let error = tags.iter().find(|tag| tag.key == "error");
    error.is_some_and(|error| error.value.text() != "false")
}

/// The description in `error`; `None` if it only says "true".
fn take_error<'a>(tags: &mut Vec<Attribute<'a>>) -> Option<Text<'a>> {
    let index = tags.iter().position(|tag| tag.key == "error")?;
    let text = tags.remove(index).value.text().into_owned();
    (text != "true").then_some(Text::Owned(text))
}

fn named(code: &str) -> StatusCode {
    status_code(code.strip_prefix("STATUS_CODE_").unwrap_or(code))
}
