//! Packs the trace page, so that the program carries it inside itself.
//!
//! The files in `ui/` run as they are, from any web server. Packed, they are fewer and smaller.

mod pack;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::{Compression, write::GzEncoder};

/// The scripts that the page loads; the modules that they import are packed into them.
const SCRIPTS: [&str; 2] = ["main.js", "worker.js"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=ui");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let out = PathBuf::from(out);
    let mut list = String::from("&[\n");
    for (name, contents) in pages()? {
        let packed = out.join(name.replace('/', "-"));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(contents.as_bytes())?;
        fs::write(&packed, gzip.finish()?)?;
        writeln!(list, "    ({name:?}, include_bytes!({packed:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    fs::write(out.join("ui_files.rs"), list)
}

/// The files to carry, by the path they are asked for.
fn pages() -> io::Result<Vec<(String, String)>> {
    let root = Path::new("ui");
    let mut pages = vec![(
        "index.html".to_owned(),
        fs::read_to_string(root.join("index.html"))?,
    )];
    let folder = root.join("static");
    for script in SCRIPTS {
        let bundle = pack::bundle(script, |module| fs::read_to_string(folder.join(module)))?;
        pages.push((format!("static/{script}"), bundle));
    }
    let mut others: Vec<_> = fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
    others.sort_by_key(fs::DirEntry::file_name);
    for file in others {
        let name = file.file_name().into_string();
        let name = name.map_err(|name| io::Error::other(format!("{name:?} is not UTF-8")))?;
        if name.ends_with(".js") {
            continue;
        }
        let contents = fs::read_to_string(file.path())?;
        let contents = if name.ends_with(".css") {
            pack::without_comments(&contents)
        } else {
            contents
        };
        pages.push((format!("static/{name}"), contents));
    }
    Ok(pages)
}
