//! Code for all JSON formats: a writer that works member by member, so that a document is never in
//! memory as a whole, and types of members that serde does not have.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer as SerializeTo};
use serde_json::Serializer;
use serde_json::ser::{Formatter as _, PrettyFormatter};

/// Writes a JSON value and the values inside it one after the other.
#[derive(Debug)]
pub struct JsonWriter<W> {
    out: W,
    /// True for line breaks and indentation.
    pretty: bool,
    /// The number of open lists and objects.
    depth: usize,
}

/// An open list or object.
#[derive(Debug)]
pub struct Container<'j, W> {
    json: &'j mut JsonWriter<W>,
    is_empty: bool,
}

/// A JSON text, borrowed unless it contains escapes. `null` is "".
///
/// (With serde, a field of type `Cow<str>` can borrow, but `Option<Cow<str>>` cannot.)
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct JsonText<'a>(pub(super) Cow<'a, str>);

const INDENT: &[u8] = b"    ";

impl<W: Write> JsonWriter<W> {
    /// Makes a writer to `out`: on one line or, if `pretty`, indented by four spaces.
    pub fn new(out: W, pretty: bool) -> Self {
        Self {
            out,
            pretty,
            depth: 0,
        }
    }

    /// The output.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes a complete value.
    ///
    /// # Errors
    /// The error of the output, or that the value cannot be represented in JSON.
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        if !self.pretty {
            return Ok(serde_json::to_writer(&mut self.out, value)?);
        }
        let mut formatter = PrettyFormatter::with_indent(INDENT);
        for _ in 0..self.depth {
            formatter.begin_array(&mut io::sink())?;
        }
        let mut serializer = Serializer::with_formatter(&mut self.out, formatter);
        Ok(value.serialize(&mut serializer)?)
    }

    /// Writes a list, to which `fill` adds values with [`Container::entry`].
    ///
    /// # Errors
    /// The error of the output, or of `fill`.
    pub fn list<E: From<io::Error>>(
        &mut self,
        fill: impl FnOnce(&mut Container<'_, W>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.within(b"[", b"]", fill)
    }

    /// Writes an object, to which `fill` adds members with [`Container::member`].
    ///
    /// # Errors
    /// The error of the output, or of `fill`.
    pub fn object<E: From<io::Error>>(
        &mut self,
        fill: impl FnOnce(&mut Container<'_, W>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.within(b"{", b"}", fill)
    }

    fn within<E: From<io::Error>>(
        &mut self,
        begin: &[u8],
        end: &[u8],
        fill: impl FnOnce(&mut Container<'_, W>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.out.write_all(begin)?;
        self.depth += 1;
        let mut container = Container {
            json: self,
            is_empty: true,
        };
        fill(&mut container)?;
        let is_empty = container.is_empty;
        self.depth -= 1;
        if !is_empty {
            self.break_line()?;
        }
        Ok(self.out.write_all(end)?)
    }

    fn break_line(&mut self) -> io::Result<()> {
        if self.pretty {
            self.out.write_all(b"\n")?;
            for _ in 0..self.depth {
                self.out.write_all(INDENT)?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Container<'_, W> {
    /// The writer for the next value of a list.
    ///
    /// # Errors
    /// The error of the output.
    pub fn entry(&mut self) -> io::Result<&mut JsonWriter<W>> {
        if !self.is_empty {
            self.json.out.write_all(b",")?;
        }
        self.is_empty = false;
        self.json.break_line()?;
        Ok(self.json)
    }

    /// Adds values to a list that were written before, with commas between them.
    ///
    /// # Errors
    /// The error of the output.
    pub fn written(&mut self, values: &str) -> io::Result<()> {
        self.entry()?.out.write_all(values.as_bytes())
    }

    /// The writer for the next member of an object.
    ///
    /// # Errors
    /// The error of the output.
    pub fn member(&mut self, name: &str) -> io::Result<&mut JsonWriter<W>> {
        let json = self.entry()?;
        json.value(name)?;
        json.out.write_all(if json.pretty { b": " } else { b":" })?;
        Ok(json)
    }
}

impl Deref for JsonText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = JsonText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(JsonText(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonText(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(JsonText::default())
    }
}

/// Writes a 64-bit number as text, since many readers represent only 53 bits.
///
/// # Errors
/// The error of the serializer.
pub fn as_text<T: fmt::Display, S: SerializeTo>(
    number: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Returns true for zero, which protobuf's JSON mapping leaves out.
pub fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn write(pretty: bool) -> String {
        let mut writer = JsonWriter::new(Vec::new(), pretty);
        let written: io::Result<()> = writer.object(|members| {
            members.member("a\"b")?.value(&1)?;
            members.member("list")?.list(|values| {
                values.entry()?.value(&json!({"x": [1, 2], "y": {}}))?;
                values.entry()?.list(|_| io::Result::Ok(()))?;
                values.entry()?.value("text")
            })?;
            members.member("none")?.value(&None::<()>)
        });
        written.unwrap();
        String::from_utf8(writer.into_inner()).unwrap()
    }

    #[test]
    fn what_is_written_in_parts_reads_as_if_written_whole() {
        let compact = write(false);
        let value: Value = serde_json::from_str(&compact).unwrap();
        assert_eq!(compact, value.to_string());
        let mut whole = JsonWriter::new(Vec::new(), true);
        whole.value(&value).unwrap();
        assert_eq!(write(true).into_bytes(), whole.into_inner());
    }

    #[test]
    fn text_is_borrowed_unless_it_has_escapes() {
        let read = |json| serde_json::from_str::<JsonText<'_>>(json).unwrap().0;
        assert!(matches!(read(r#""plain""#), Cow::Borrowed("plain")));
        assert_eq!(read(r#""a\nb""#), "a\nb");
        assert_eq!(read("null"), "");
        assert!(serde_json::from_str::<JsonText<'_>>("7").is_err());
    }
}
