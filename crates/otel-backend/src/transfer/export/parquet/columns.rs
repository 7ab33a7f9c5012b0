//! The columns of rows that are not written yet.

use std::collections::BTreeMap;
use std::io;
use std::slice::IterMut;

use parquet::basic::Type;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::schema::types::SchemaDescriptor;

use super::failed;
use crate::model::Attribute;

/// One column for each leaf of a schema.
pub(super) struct Columns {
    filled: Vec<Column>,
    rows: usize,
    bytes: usize,
}

/// The values of a column, and where there are none.
#[derive(Clone)]
pub(super) struct Column {
    values: Values,
    /// For each value, or place without one, how much of its path is there; unless all of it always is.
    defined: Option<Vec<i16>>,
    /// The repetition levels: 1 for a value that continues the list of the one before. `None`
    /// without lists.
    repeated: Option<Vec<i16>>,
}

#[derive(Clone)]
enum Values {
    Texts(Vec<ByteArray>),
    Numbers(Vec<i64>),
}

/// A row, whose fields are filled in the order of the schema.
pub(super) struct Row<'c> {
    columns: IterMut<'c, Column>,
    bytes: &'c mut usize,
}

impl Columns {
    /// Empty columns for a schema of texts and numbers of 64 bits.
    pub(super) fn of(schema: &SchemaDescriptor) -> Self {
        let columns = schema.columns().iter().map(|leaf| Column {
            values: match leaf.physical_type() {
                Type::INT64 => Values::Numbers(Vec::new()),
                _ => Values::Texts(Vec::new()),
            },
            defined: (leaf.max_def_level() > 0).then(Vec::new),
            repeated: (leaf.max_rep_level() > 0).then(Vec::new),
        });
        Self {
            filled: columns.collect(),
            rows: 0,
            bytes: 0,
        }
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of their texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Begins a row.
    pub(super) fn row(&mut self) -> Row<'_> {
        self.rows += 1;
        Row {
            columns: self.filled.iter_mut(),
            bytes: &mut self.bytes,
        }
    }

    /// The columns; empty ones are left.
    pub(super) fn take(&mut self) -> Vec<Column> {
        let empty = self.filled.iter().map(Column::emptied).collect();
        (self.rows, self.bytes) = (0, 0);
        std::mem::replace(&mut self.filled, empty)
    }
}

impl Row<'_> {
    /// A text that is always there.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        *self.bytes += text.len();
        self.next()?.push_text(text)
    }

    /// A text that may be missing.
    pub(super) fn optional(&mut self, text: Option<&str>) -> io::Result<()> {
        *self.bytes += text.map_or(0, str::len);
        let column = self.next()?;
        if let Some(defined) = &mut column.defined {
            defined.push(i16::from(text.is_some()));
        }
        text.map_or(Ok(()), |text| column.push_text(text))
    }

    /// A number.
    pub(super) fn number(&mut self, number: i64) -> io::Result<()> {
        match &mut self.next()?.values {
            Values::Numbers(numbers) => numbers.push(number),
            Values::Texts(_) => return Err(mismatch()),
        }
        Ok(())
    }

    /// A map, which is two columns. Of a key that is there several times, the last value counts.
    pub(super) fn map(&mut self, attributes: &[Attribute<'_>]) -> io::Result<()> {
        let pairs = attributes.iter().map(|it| (&*it.key, it.value.text()));
        let pairs: BTreeMap<_, _> = pairs.collect();
        self.list(pairs.keys().copied())?;
        self.list(pairs.values().map(AsRef::as_ref))
    }

    fn list<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) -> io::Result<()> {
        let Some(column) = self.columns.next() else {
            return Err(mismatch());
        };
        let number = texts.len();
        if let (Some(defined), Some(repeated)) = (&mut column.defined, &mut column.repeated) {
            if number == 0 {
                defined.push(0);
                repeated.push(0);
            }
            defined.extend(std::iter::repeat_n(1, number));
            repeated.extend((0..number).map(|index| i16::from(index > 0)));
        }
        for text in texts {
            *self.bytes += text.len();
            column.push_text(text)?;
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<&mut Column> {
        self.columns.next().ok_or_else(mismatch)
    }
}

impl Column {
    fn emptied(&self) -> Self {
        Self {
            values: match self.values {
                Values::Texts(_) => Values::Texts(Vec::new()),
                Values::Numbers(_) => Values::Numbers(Vec::new()),
            },
            defined: self.defined.as_ref().map(|_| Vec::new()),
            repeated: self.repeated.as_ref().map(|_| Vec::new()),
        }
    }

    fn push_text(&mut self, text: &str) -> io::Result<()> {
        match &mut self.values {
            Values::Texts(texts) => texts.push(text.into()),
            Values::Numbers(_) => return Err(mismatch()),
        }
        Ok(())
    }

    pub(super) fn write(self, writer: &mut ColumnWriter<'_>) -> io::Result<()> {
        let (defined, repeated) = (self.defined.as_deref(), self.repeated.as_deref());
        let written = match (writer, &self.values) {
            (ColumnWriter::ByteArrayColumnWriter(writer), Values::Texts(texts)) => {
                writer.write_batch(texts, defined, repeated)
            }
            (ColumnWriter::Int64ColumnWriter(writer), Values::Numbers(numbers)) => {
                writer.write_batch(numbers, defined, repeated)
            }
            _ => return Err(mismatch()),
        };
        written.map(drop).map_err(failed)
    }
}

/// The fields of a row are not those of the schema.
fn mismatch() -> io::Error {
    io::Error::other("the row does not have the columns of its file")
}
