//! Lists the files of the trace page, so that the program carries them inside itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from("ui");
    println!("cargo::rerun-if-changed=ui");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let name = text(file.strip_prefix(&root).map_err(io::Error::other)?)?;
        let bytes = fs::canonicalize(file)?;
        let bytes = text(&bytes)?;
        writeln!(list, "    ({name:?}, include_bytes!({bytes:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("ui_files.rs"), list)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn text(path: &Path) -> io::Result<&str> {
    let message = || io::Error::other(format!("{} is not UTF-8", path.display()));
    path.to_str().ok_or_else(message)
}
