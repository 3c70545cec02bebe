//! Who may import whom: reads the `crate::` paths of every file under `src`, and fails on what the crate's map forbids.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import; the rule of `src/lib.rs` as a table.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let query = ["error", "types"];
    let catalog = [&query[..], &["query", "telemetry"]].concat();
    let sql = [&catalog[..], &["catalog"]].concat();
    let above_sql = [&sql[..], &["sql"]].concat();
    let warehouse = [&above_sql[..], &["guard"]].concat();
    let pipeline = [&above_sql[..], &["policy", "optimize", "guard", "cache", "warehouse"]].concat();
    BTreeMap::from([
        ("error", vec![]),
        ("types", vec!["error"]),
        ("telemetry", vec![]),
        ("query", query.to_vec()),
        ("catalog", catalog),
        ("sql", sql),
        ("policy", above_sql.clone()),
        ("optimize", above_sql.clone()),
        ("guard", above_sql.clone()),
        ("cache", above_sql),
        ("warehouse", warehouse),
        ("pipeline", pipeline),
        ("session", vec!["error", "types", "query", "sql", "pipeline", "telemetry"]),
        ("wire", vec!["error", "types", "query", "session", "telemetry"]),
    ])
}

/// Modules that stand on top: they may import everything but one another's settings.
const ON_TOP: [&str; 6] = ["server", "admin", "config", "cli", "main", "lib"];

#[test]
fn modules_import_downwards_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = allowed();
    let mut wrong = Vec::new();
    for file in files(&src) {
        let relative = file.strip_prefix(&src).expect("below src");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        let text = fs::read_to_string(&file).expect("source is text");
        for import in imports(&text) {
            let fine = match allowed.get(module) {
                _ if import == module => true,
                Some(may) => may.contains(&import.as_str()),
                None if ON_TOP.contains(&module) => import != "config" || ["cli", "main", "server", "config"].contains(&module),
                None => panic!("src/lib.rs does not say what {module} may import"),
            };
            if !fine {
                wrong.push(format!("src/{} imports crate::{import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that src/lib.rs forbids:\n{}", wrong.join("\n"));
}

/// Returns the first names behind `crate::`, also in `crate::{a, b::c}`; comments and the tests at a file's foot left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_names(group)),
            None => found.extend(first_name(rest)),
        }
    }
    found
}

/// Returns the first names of the items of `a, b::{c, d}, e}`.
fn group_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut item) = (Vec::new(), 0_usize, String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(first_name(&std::mem::take(&mut item))),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    names.extend(first_name(&item));
    names
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // Modules are lower case; a macro of the crate's root is none.
    (name.starts_with(|c: char| c.is_ascii_lowercase())).then_some(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") && path.file_stem().is_none_or(|stem| stem != "tests") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_reader_of_imports_reads() {
    let text = "use crate::{error::{Report, Result}, sql};\n// crate::wire\nfn f() { crate::guard::x(); my_crate::no(); }\n#[cfg(test)]\nmod tests { use crate::cli; }";
    assert_eq!(imports(text).into_iter().collect::<Vec<_>>(), ["error", "guard", "sql"]);
}
