//! A table in Markdown, with its columns aligned.

use std::fmt::{self, Display};

/// A heading and rows.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let heading = columns.iter().map(ToString::to_string).collect();
        let line = columns.iter().map(|_| "---".to_owned()).collect();
        Self {
            rows: vec![heading, line],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let width = self
                    .rows
                    .iter()
                    .map(|row| row[column].chars().count())
                    .max();
                write!(f, "| {cell:<width$} ", width = width.unwrap_or(0))?;
            }
            writeln!(f, "|")?;
        }
        Ok(())
    }
}
