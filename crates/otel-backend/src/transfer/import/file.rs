//! Reads a file of JSON documents: one per line, or larger ones.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::value::RawValue;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line, from 1.
    Line(usize),
    /// A line and a column, both from 1.
    Column(usize, usize),
    /// The whole file.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Column(line, column) => write!(f, "line {line}, column {column}"),
            Self::Whole => f.write_str("the file"),
        }
    }
}

/// The largest document in bytes; a file of lines may be of any size.
const MAX_DOCUMENT: u64 = 512 << 20;

/// The byte order mark that some editors write before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Receives a document, or the reason why it cannot be read; returns false to stop.
type Take<'t> = &'t mut dyn FnMut(Place, Result<&[u8], String>) -> bool;

/// Calls `take` with each document of a file, and with each place that cannot be read.
///
/// If the first line is a document, each line is read separately, and only a broken line is
/// skipped. Otherwise the file is read as a whole up to the first broken place; after it, each line
/// that is a document is read.
pub(super) fn read_documents(path: &str, take: Take<'_>) {
    let read = open(path).and_then(|file| read_all(file, take));
    if let Err(reason) = read {
        take(Place::Whole, Err(reason.to_string()));
    }
}

/// Opens a file, and decompresses it if necessary.
fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    let file: Box<dyn Read> = match path {
        "-" => Box::new(io::stdin()),
        path => Box::new(File::open(path)?),
    };
    let mut file = BufReader::with_capacity(1 << 16, file);
    match file.fill_buf()? {
        [0x1f, 0x8b, ..] => Ok(Box::new(BufReader::new(MultiGzDecoder::new(file)))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::stream::read::Decoder::with_buffer(file)?;
            Ok(Box::new(BufReader::new(decoder)))
        }
        _ => Ok(Box::new(file)),
    }
}

fn read_all(mut file: Box<dyn BufRead>, take: Take<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    while line.trim_ascii().is_empty() {
        number += 1;
        if !next_line(&mut file, &mut line)? {
            return Err(io::Error::other("there is nothing in it"));
        }
        if line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
    }
    if let Err(reason) = serde_json::from_slice::<&RawValue>(&line)
        && reason.is_eof()
    {
        return read_whole(file, line, number, take);
    }
    while read_line(number, line.trim_ascii_end(), take) {
        number += 1;
        if !next_line(&mut file, &mut line)? {
            break;
        }
    }
    Ok(())
}

/// Reads the next line; returns false at the end.
fn next_line(file: &mut Box<dyn BufRead>, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = file.take(MAX_DOCUMENT).read_until(b'\n', line)?;
    if read as u64 == MAX_DOCUMENT {
        return Err(too_large());
    }
    Ok(read > 0)
}

fn too_large() -> io::Error {
    io::Error::other("a document has more than 512 MiB: write one trace a line")
}

fn read_line(number: usize, line: &[u8], take: Take<'_>) -> bool {
    if line.is_empty() {
        return true;
    }
    match serde_json::from_slice::<&RawValue>(line) {
        Ok(document) => take(Place::Line(number), Ok(document.get().as_bytes())),
        Err(reason) => take(Place::Column(number, reason.column()), Err(what(&reason))),
    }
}

/// Reads the rest of the file together with the first line.
fn read_whole(
    file: Box<dyn BufRead>,
    mut text: Vec<u8>,
    first_line: usize,
    take: Take<'_>,
) -> io::Result<()> {
    let read = file.take(MAX_DOCUMENT).read_to_end(&mut text)?;
    if read as u64 == MAX_DOCUMENT {
        return Err(too_large());
    }
    let mut documents = serde_json::Deserializer::from_slice(&text).into_iter::<&RawValue>();
    let mut begin = 0;
    while let Some(document) = documents.next() {
        match document {
            Ok(document) => {
                if !take(Place::Whole, Ok(document.get().as_bytes())) {
                    break;
                }
                begin = documents.byte_offset();
            }
            Err(reason) => {
                let line = first_line + reason.line() - 1;
                if take(Place::Column(line, reason.column()), Err(what(&reason))) {
                    recover(&text, begin, first_line, take);
                }
                break;
            }
        }
    }
    Ok(())
}

/// Reads the lines after a broken document that are documents themselves, since the broken one may
/// have been the first of many lines.
fn recover(text: &[u8], begin: usize, first_line: usize, take: Take<'_>) {
    let before = text
        .iter()
        .take(begin)
        .filter(|byte| **byte == b'\n')
        .count();
    let lines = (first_line..).zip(text.split(|byte| *byte == b'\n'));
    for (number, line) in lines.skip(before + 1) {
        let is_document = line.starts_with(b"{\"");
        if is_document && serde_json::from_slice::<&RawValue>(line).is_ok() {
            take(Place::Line(number), Ok(line));
        }
    }
}

/// The text of an error without its place.
fn what(reason: &serde_json::Error) -> String {
    let text = reason.to_string();
    text.split_once(" at line ")
        .map_or(text.clone(), |(what, _)| what.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// The documents and errors of a file, each with its place.
    fn read(content: &[u8]) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let mut read = Vec::new();
        read_documents(file.path().to_str().unwrap(), &mut |place, document| {
            read.push(match document {
                Ok(document) => format!("{place}: {}", String::from_utf8_lossy(document)),
                Err(reason) => format!("{place}! {reason}"),
            });
            true
        });
        read
    }

    #[test]
    fn a_broken_line_costs_only_itself() {
        assert_eq!(
            read(b"\n{\"a\":1}\n\n{\"b\":\n{\"c\":3}"),
            [
                "line 2: {\"a\":1}",
                "line 4, column 5! EOF while parsing a value",
                "line 5: {\"c\":3}"
            ]
        );
    }

    #[test]
    fn a_broken_first_line_costs_only_itself() {
        assert_eq!(
            read(b"{\"a\":[\n{\"b\":2}\n{\"c\":3}\n"),
            [
                "line 3, column 1! expected `,` or `]`",
                "line 2: {\"b\":2}",
                "line 3: {\"c\":3}"
            ]
        );
    }

    #[test]
    fn a_document_may_have_many_lines() {
        assert_eq!(
            read(b"{\n \"a\": 1\n}\n{\n \"b\": x }"),
            [
                "the file: {\n \"a\": 1\n}",
                "line 5, column 7! expected value"
            ]
        );
    }

    #[test]
    fn packed_files_are_unpacked() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"[1]").unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(&b"[1]"[..], 1).unwrap();
        for packed in [gzip, zstd] {
            assert_eq!(read(&packed), ["line 1: [1]"]);
            let cut = read(&packed[..packed.len() - 2]);
            assert!(
                cut.iter().any(|read| read.starts_with("the file! ")),
                "{cut:?}"
            );
        }
    }

    #[test]
    fn a_mark_is_passed_over_and_an_empty_file_is_said() {
        assert_eq!(read(b"\xef\xbb\xbf{\"a\":1}"), ["line 1: {\"a\":1}"]);
        for empty in ["", "\n \n", "\u{feff}"] {
            assert_eq!(read(empty.as_bytes()), ["the file! there is nothing in it"]);
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let mut said = Vec::new();
        read_documents("/no/such/file", &mut |_, document| {
            said.push(document.unwrap_err());
            true
        });
        assert_eq!(said.len(), 1);
    }
}
