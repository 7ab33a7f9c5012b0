//! Packs the trace page, so that the program carries it inside itself.
//!
//! The files in `ui/` run as they are, from any web server. Packed, they are fewer and smaller.

#[path = "build/pack.rs"]
mod pack;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::{Compression, write::GzEncoder};

/// The scripts that the page loads; the modules that they import are packed into them.
const SCRIPTS: [&str; 2] = ["main.js", "worker.js"];

/// What else it loads, as it is or, in style sheets, without comments.
const OTHERS: [&str; 4] = ["base.css", "trace.css", "search.css", "favicon.svg"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=ui");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let out = PathBuf::from(out);
    let mut list = String::from("&[\n");
    for (name, contents) in files()? {
        let file = name.replace('/', "-");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(contents.as_bytes())?;
        fs::write(out.join(&file), gzip.finish()?)?;
        let include = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))");
        writeln!(list, "    ({name:?}, {include}),").map_err(io::Error::other)?;
    }
    list.push(']');
    fs::write(out.join("ui_files.rs"), list)
}

/// The files to carry, by the path they are asked for.
fn files() -> io::Result<Vec<(String, String)>> {
    let root = Path::new("ui");
    let read = |file: &str| fs::read_to_string(root.join("static").join(file));
    let index = fs::read_to_string(root.join("index.html"))?;
    let mut files = vec![("index.html".to_owned(), index)];
    for script in SCRIPTS {
        files.push((format!("static/{script}"), pack::bundle(script, read)?));
    }
    for other in OTHERS {
        let contents = match other.rsplit_once('.') {
            Some((_, "css")) => pack::without_comments(&read(other)?),
            _ => read(other)?,
        };
        files.push((format!("static/{other}"), contents));
    }
    Ok(files)
}
