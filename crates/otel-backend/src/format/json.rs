//! The parts that the formats' JSON shares: a writer that goes member by member, so that a document
//! need not be in memory whole, and members that serde has no type for.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer as SerializeTo};
use serde_json::Serializer;
use serde_json::ser::{Formatter as _, PrettyFormatter};

/// Writes one value of JSON, and the values within it as they come.
#[derive(Debug)]
pub struct JsonWriter<W> {
    out: W,
    /// Whether the text is broken into lines and indented.
    pretty: bool,
    /// Lists and objects that are not closed yet.
    depth: usize,
}

/// A list or an object that is being written.
#[derive(Debug)]
pub struct Container<'j, W> {
    json: &'j mut JsonWriter<W>,
    is_empty: bool,
}

/// Text in JSON, borrowed where no escape had to be resolved. `null` is "".
///
/// (serde lets a field of `Cow<str>` borrow, but none of `Option<Cow<str>>`.)
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct JsonText<'a>(pub(super) Cow<'a, str>);

const INDENT: &[u8] = b"    ";

impl<W: Write> JsonWriter<W> {
    /// Writes to `out`; on one line, or `pretty`: indented by four spaces.
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

    /// Writes a value that is there whole.
    ///
    /// # Errors
    /// That of the output, or the value cannot be JSON.
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

    /// Writes a list, whose values `fill` writes with [`Container::entry`].
    ///
    /// # Errors
    /// That of the output, or of `fill`.
    pub fn list<E: From<io::Error>>(
        &mut self,
        fill: impl FnOnce(&mut Container<'_, W>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.within(b"[", b"]", fill)
    }

    /// Writes an object, whose members `fill` writes with [`Container::member`].
    ///
    /// # Errors
    /// That of the output, or of `fill`.
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
    /// The writer of a list's next value.
    ///
    /// # Errors
    /// That of the output.
    pub fn entry(&mut self) -> io::Result<&mut JsonWriter<W>> {
        if !self.is_empty {
            self.json.out.write_all(b",")?;
        }
        self.is_empty = false;
        self.json.break_line()?;
        Ok(self.json)
    }

    /// The writer of an object's next member, of that name.
    ///
    /// # Errors
    /// That of the output.
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

/// Writes a number of 64 bits as text, since many readers keep only 53 of them.
///
/// # Errors
/// That of the serializer.
pub fn as_text<T: fmt::Display, S: SerializeTo>(
    number: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Whether a number is left out, as protobuf's JSON mapping leaves out what is zero.
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
