//! The demo's data: database `shop`, made on the first start, the same on every machine.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::error::{Report, Result, SqlState};

mod events;
mod random;
mod shop;
mod words;
mod write;

use write::Written;

/// The version of the data: another one makes it anew.
const VERSION: &str = "demo-v1";
/// Lists the files of a finished set; it is written last.
const MANIFEST: &str = "_manifest.tsv";
/// The tables, in the order in which people are told of them.
const TABLES: [&str; 5] = ["orders", "customers", "events", "order_items", "products"];

/// One table of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name without schema.
    pub name: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// The data set on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// What `backend.local.paths` has to hold: a directory whose sub-directory `shop` is the schema.
    pub path: PathBuf,
    /// Its tables.
    pub tables: Vec<Table>,
    /// It was written just now, not found.
    pub generated: bool,
}

/// Told how far the work is, between 0 and 1.
pub type Progress<'a> = &'a mut dyn FnMut(f64);

/// Returns where the demo keeps its data: `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`.
///
/// # Errors
/// 58000 when neither is known.
pub fn default_dir() -> Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    cache.map(|folder| folder.join("sluice")).ok_or_else(|| {
        Report::new(SqlState::SYSTEM_ERROR, "no place for the demo data: neither XDG_CACHE_HOME nor HOME is set")
            .hint("Choose a directory with --data-dir.")
    })
}

/// Finds the data set below `dir`, or writes it: whole or not at all. Scale 1 is the demo, 0.001 a set for tests.
///
/// A second caller waits until the first has finished.
///
/// # Errors
/// 53100 on a full disk, 58000 when the directory cannot be written.
pub fn ensure(dir: &Path, scale: f64, progress: Progress<'_>) -> Result<Demo> {
    fs::create_dir_all(dir).map_err(|error| write::disk(&error))?;
    let name = if (scale - 1.0).abs() < f64::EPSILON { VERSION.to_owned() } else { format!("{VERSION}-x{scale}") };
    let path = dir.join(&name);
    if let Some(tables) = finished(&path) {
        return Ok(Demo { path, tables, generated: false });
    }
    let lock = File::create(dir.join(format!("{name}.lock"))).map_err(|error| write::disk(&error))?;
    lock.lock().map_err(|error| write::disk(&error))?; // given back when the file is closed, also by a crash
    if let Some(tables) = finished(&path) {
        return Ok(Demo { path, tables, generated: false });
    }
    let partial = dir.join(format!("{name}.partial"));
    let sweep =
        || fs::remove_dir_all(&partial).or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) });
    sweep().map_err(|error| write::disk(&error))?;
    let written = write_set(&partial, &path, scale, progress);
    if written.is_err() {
        sweep().ok(); // the first error is the one to tell
    }
    Ok(Demo { tables: count(&written?), path, generated: true })
}

/// Writes the set beside its place and moves it there.
fn write_set(partial: &Path, path: &Path, scale: f64, progress: Progress<'_>) -> Result<Vec<Written>> {
    let disk = |error: std::io::Error| write::disk(&error);
    fs::create_dir_all(partial).map_err(disk)?;
    let written = write::write_all(partial, shop::Size::scaled(scale), progress)?;
    let manifest: String = written.iter().map(|file| format!("{}\t{}\t{}\t{}\n", file.table, file.path, file.rows, file.bytes)).collect();
    fs::write(partial.join(MANIFEST), manifest).map_err(disk)?;
    if path.exists() {
        fs::remove_dir_all(path).map_err(disk)?; // a set that is not whole
    }
    fs::rename(partial, path).map_err(disk)?;
    Ok(written)
}

/// Returns the tables of a set whose every file is there in its full size.
fn finished(path: &Path) -> Option<Vec<Table>> {
    let manifest = fs::read_to_string(path.join(MANIFEST)).ok()?;
    let mut written = Vec::new();
    for line in manifest.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[table, file, rows, bytes] = fields.as_slice() else { return None };
        let table = TABLES.into_iter().find(|name| *name == table)?;
        let file = Written { table, path: file.to_owned(), rows: rows.parse().ok()?, bytes: bytes.parse().ok()? };
        if fs::metadata(path.join(&file.path)).ok()?.len() != file.bytes {
            return None;
        }
        written.push(file);
    }
    (!written.is_empty()).then(|| count(&written))
}

fn count(written: &[Written]) -> Vec<Table> {
    let rows = |name| written.iter().filter(|file| file.table == name).map(|file| file.rows).sum();
    TABLES.into_iter().map(|name| Table { name, rows: rows(name) }).collect()
}

/// Shows progress on stderr: a bar on a terminal, else a plain line every quarter.
pub fn stderr_progress() -> impl FnMut(f64) {
    const WIDTH: usize = 40;
    let terminal = std::io::stderr().is_terminal();
    let mut shown = None;
    move |part: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
        let percent = (part.clamp(0.0, 1.0) * 100.0) as usize;
        let step = if terminal { percent } else { percent / 25 * 25 };
        if shown == Some(step) {
            return;
        }
        shown = Some(step);
        // Progress is a courtesy: a closed stderr stops nothing.
        let mut stderr = std::io::stderr().lock();
        if terminal {
            let full = step * WIDTH / 100;
            write!(stderr, "\rmaking the demo data [{}{}] {step:3} %", "#".repeat(full), " ".repeat(WIDTH - full)).ok();
            if step == 100 {
                writeln!(stderr).ok();
            }
        } else {
            writeln!(stderr, "making the demo data: {step} %").ok();
        }
        stderr.flush().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sluice-demo-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        folder
    }

    fn rows(demo: &Demo, name: &str) -> u64 {
        demo.tables.iter().find(|table| table.name == name).unwrap().rows
    }

    #[test]
    fn the_set_is_written_once_and_mended() {
        let folder = folder("once");
        let mut parts = Vec::new();
        let first = ensure(&folder, 0.001, &mut |part| parts.push(part)).unwrap();
        assert!(first.generated && *parts.last().unwrap() >= 1.0);
        assert_eq!((rows(&first, "customers"), rows(&first, "orders"), rows(&first, "events")), (50, 2000, 5000));
        assert!(!ensure(&folder, 0.001, &mut |_| ()).unwrap().generated);
        // A damaged set is made anew, and comes out byte for byte the same.
        let file = first.path.join("shop/customers.parquet");
        let before = fs::read(&file).unwrap();
        fs::write(&file, "x").unwrap();
        assert!(ensure(&folder, 0.001, &mut |_| ()).unwrap().generated);
        assert_eq!(fs::read(&file).unwrap(), before);
        assert!(!folder.join("demo-v1-x0.001.partial").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_a_clear_error() {
        let folder = folder("file");
        fs::write(&folder, "not a directory").unwrap();
        let error = ensure(&folder, 0.001, &mut |_| ()).unwrap_err();
        assert_eq!(error.sqlstate, SqlState::SYSTEM_ERROR);
        assert!(error.message.starts_with("could not write the demo data"), "{}", error.message);
        fs::remove_file(folder).unwrap();
    }
}
