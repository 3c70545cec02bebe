//! The relations whose rows every PostgreSQL 15 has from the start: types, functions, operators, casts, ...

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use arrow::record_batch::RecordBatch;

use super::cells::{self, Cell, Row};
use super::objects;
use crate::catalog::model::Table;
use crate::catalog::sluice;
use crate::error::{Report, Result};
use crate::types::literal::Literal;
use crate::types::{Type, input};

/// `pg_proc`'s own OID, the class of comments on functions.
const PG_PROC: u32 = 1255;
/// `pg_namespace`'s, likewise.
const PG_NAMESPACE: u32 = 2615;

/// Name and rows; the first line names the columns, the others are COPY's text form (written by `tests/generate/signatures`).
const FILES: [(&str, &str); 21] = [
    ("pg_aggregate", include_str!("builtin/pg_aggregate.tsv")),
    ("pg_am", include_str!("builtin/pg_am.tsv")),
    ("pg_amop", include_str!("builtin/pg_amop.tsv")),
    ("pg_amproc", include_str!("builtin/pg_amproc.tsv")),
    ("pg_cast", include_str!("builtin/pg_cast.tsv")),
    ("pg_collation", include_str!("builtin/pg_collation.tsv")),
    ("pg_conversion", include_str!("builtin/pg_conversion.tsv")),
    ("pg_extension", include_str!("builtin/pg_extension.tsv")),
    ("pg_language", include_str!("builtin/pg_language.tsv")),
    ("pg_opclass", include_str!("builtin/pg_opclass.tsv")),
    ("pg_operator", include_str!("builtin/pg_operator.tsv")),
    ("pg_opfamily", include_str!("builtin/pg_opfamily.tsv")),
    ("pg_proc", include_str!("builtin/pg_proc.tsv")),
    ("pg_range", include_str!("builtin/pg_range.tsv")),
    ("pg_tablespace", include_str!("builtin/pg_tablespace.tsv")),
    ("pg_ts_config", include_str!("builtin/pg_ts_config.tsv")),
    ("pg_ts_config_map", include_str!("builtin/pg_ts_config_map.tsv")),
    ("pg_ts_dict", include_str!("builtin/pg_ts_dict.tsv")),
    ("pg_ts_parser", include_str!("builtin/pg_ts_parser.tsv")),
    ("pg_ts_template", include_str!("builtin/pg_ts_template.tsv")),
    ("pg_type", include_str!("builtin/pg_type.tsv")),
];

/// Returns the batch of a relation of this kind (made once), `None` for any other relation.
pub fn batch(table: &Table) -> Option<Result<RecordBatch>> {
    static BATCHES: [OnceLock<Result<RecordBatch>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    let i = FILES.iter().position(|(name, _)| table.name.schema == "pg_catalog" && table.name.table == *name)?;
    Some(BATCHES[i].get_or_init(|| cells::batch(table, &rows(table, text(FILES[i].0))?)).clone())
}

/// Returns the text of a file, header first; with the functions of the schema `sluice`, and it as an extension, behind PostgreSQL's own.
fn text(relation: &str) -> &'static str {
    static EXTENSION: LazyLock<String> = LazyLock::new(|| include_str!("builtin/pg_extension.tsv").to_owned() + &objects::extension_line());
    static PROC: LazyLock<String> = LazyLock::new(|| {
        let own = sluice::FUNCTIONS.iter().map(|function| function.proc_line() + "\n");
        std::iter::once(include_str!("builtin/pg_proc.tsv").to_owned()).chain(own).collect()
    });
    match relation {
        "pg_proc" => return &PROC,
        "pg_extension" => return &EXTENSION,
        _ => {}
    }
    FILES.iter().find(|(name, _)| *name == relation).map_or("", |(_, text)| text)
}

fn rows(table: &Table, text: &'static str) -> Result<Vec<Row>> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().split('\t');
    let types: Vec<(&'static str, Type)> =
        header.map(|name| (name, table.column(name).map_or(Type::TEXT, |i| table.columns[i].ty))).collect();
    let row = |line: &'static str| {
        let fields = line.split('\t').zip(&types).filter(|(field, _)| *field != "\\N");
        fields.map(|(field, (name, ty))| Ok((*name, cell(field, *ty)?))).collect::<Result<Row>>()
    };
    lines.map(row).collect()
}

fn cell(field: &str, ty: Type) -> Result<Cell> {
    let text = field.replace("\\\\", "\\");
    let ty = match ty {
        Type::ACLITEM_ARRAY => Type::TEXT_ARRAY,
        ty if super::cells::is_oid(ty) => Type::OID,
        ty => ty,
    };
    Ok(match input::parse(&text, ty, -1, crate::types::zone::Tz::UTC)? {
        Literal::Bool(value) => Cell::Bool(value),
        Literal::Int(value) => Cell::Int(value),
        Literal::Float(value) => Cell::Float(value),
        Literal::Array(items) => array(items, ty)?,
        Literal::Text(text) => Cell::Text(text),
        _ => return Err(Report::internal(format!("a {ty} among the rows of the catalog"))),
    })
}

fn array(items: Vec<Literal>, ty: Type) -> Result<Cell> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    for item in items {
        match item {
            Literal::Text(text) => texts.push(text),
            Literal::Int(number) => numbers.push(number),
            _ => return Err(Report::internal("an array of neither texts nor numbers among the rows of the catalog")),
        }
    }
    let numeric = ty.element().is_some_and(|element| element.is_integer() || super::cells::is_oid(element));
    Ok(if numeric { Cell::Ints(numbers) } else { Cell::Texts(texts) })
}

/// Returns the functions that not everybody may call from the start, with what initdb grants on them.
pub fn guarded_functions() -> Vec<(u32, Vec<String>)> {
    let guarded = |line: &'static str| {
        let (oid, _) = line.split_once('\t')?;
        let (_, privileges) = line.rsplit_once('\t')?;
        let privileges = privileges.strip_prefix('{')?.strip_suffix('}')?;
        Some((oid.parse().ok()?, privileges.split(',').map(str::to_owned).collect()))
    };
    text("pg_proc").lines().skip(1).filter_map(guarded).collect()
}

/// A comment on an object of these files.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// `objoid`.
    pub object: u32,
    /// `classoid`.
    pub class: u32,
    /// The text.
    pub text: &'static str,
}

/// Returns the comments on the objects of these files.
pub fn comments() -> &'static [Comment] {
    static COMMENTS: LazyLock<Vec<Comment>> = LazyLock::new(|| {
        let lines = include_str!("builtin/pg_description.tsv").lines().skip(1);
        let comment = |line: &'static str| {
            let mut fields = line.splitn(4, '\t');
            let (object, class, _, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            Some(Comment { object: object.parse().ok()?, class: class.parse().ok()?, text })
        };
        let own = sluice::FUNCTIONS.iter().map(|function| Comment { object: function.oid(), class: PG_PROC, text: function.comment });
        let public = Comment { object: 2200, class: PG_NAMESPACE, text: "standard public schema" };
        lines.filter_map(comment).chain(own).chain([objects::extension_comment(), public]).collect()
    });
    &COMMENTS
}

/// Returns the comment on an object of a system relation; of any relation if `class` is `None`.
pub fn comment(class: Option<u32>, object: u32) -> Option<&'static str> {
    static BY_OBJECT: LazyLock<HashMap<u32, Vec<&'static Comment>>> = LazyLock::new(|| {
        let mut by_object: HashMap<u32, Vec<&'static Comment>> = HashMap::new();
        for comment in comments() {
            by_object.entry(comment.object).or_default().push(comment);
        }
        by_object
    });
    let comments = BY_OBJECT.get(&object)?;
    comments.iter().find(|comment| class.is_none_or(|class| class == comment.class)).map(|comment| comment.text)
}

/// Tells whether no other function has this name.
pub fn is_only_proc(name: &str) -> bool {
    static COUNTS: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
        let mut counts = HashMap::new();
        for name in text("pg_proc").lines().skip(1).filter_map(|line| line.split('\t').nth(1)) {
            *counts.entry(name).or_insert(0) += 1;
        }
        counts
    });
    COUNTS.get(name) == Some(&1)
}

/// Returns the name of an object of a relation of these files.
pub fn name_of(relation: &str, column: &str, oid: u32) -> Option<&'static str> {
    let mut lines = text(relation).lines().map(|line| line.split('\t').collect::<Vec<&'static str>>());
    let header = lines.next()?;
    let at = |name: &str| header.iter().position(|column| *column == name);
    let (id, name) = (at("oid")?, at(column)?);
    lines.find(|row| row[id].parse() == Ok(oid)).map(|row| row[name])
}

/// Returns kind (`n`, `o`, `h`) and number of direct arguments of an aggregate.
pub fn aggregate(oid: u32) -> Option<(&'static str, usize)> {
    let mut lines = text("pg_aggregate").lines().map(|line| line.split('\t').collect::<Vec<&'static str>>());
    let header = lines.next()?;
    let at = |name: &str| header.iter().position(|column| *column == name);
    let (id, kind, direct) = (at("aggfnoid")?, at("aggkind")?, at("aggnumdirectargs")?);
    let row = lines.find(|row| row[id].parse() == Ok(oid))?;
    Some((row[kind], row[direct].parse().ok()?))
}

/// Returns a row of `pg_proc` by its OID, as a lookup of fields; NULL is `None`.
pub fn proc(oid: u32) -> Option<impl Fn(&str) -> Option<&'static str>> {
    static ROWS: LazyLock<(Vec<&'static str>, HashMap<u32, &'static str>)> = LazyLock::new(|| {
        let mut lines = text("pg_proc").lines();
        let header = lines.next().unwrap_or_default().split('\t').collect();
        let rows = lines.filter_map(|line| Some((line.split('\t').next()?.parse().ok()?, line)));
        (header, rows.collect())
    });
    let (header, rows) = &*ROWS;
    let row: &'static str = rows.get(&oid)?;
    Some(move |name: &str| {
        let at = header.iter().position(|column| *column == name)?;
        row.split('\t').nth(at).filter(|field| *field != "\\N")
    })
}

/// What `pg_attribute` repeats of a column's type.
#[derive(Clone, Copy, Debug)]
pub struct Storage {
    /// `typlen`.
    pub length: i64,
    /// `typbyval`.
    pub by_value: bool,
    /// `typalign`.
    pub align: &'static str,
    /// `typstorage`.
    pub storage: &'static str,
    /// `typcollation`.
    pub collation: i64,
}

/// Returns how values of the type are stored; as text for a type that is not known.
pub fn storage(ty: Type) -> Storage {
    static BY_TYPE: LazyLock<HashMap<Type, Storage>> = LazyLock::new(|| {
        let mut lines = text("pg_type").lines().map(|line| line.split('\t').collect::<Vec<&'static str>>());
        let header = lines.next().unwrap_or_default();
        let at = |name: &str| header.iter().position(|column| *column == name).expect("pg_type has these columns");
        let (oid, length, by_value, align, storage, collation) =
            (at("oid"), at("typlen"), at("typbyval"), at("typalign"), at("typstorage"), at("typcollation"));
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let entry = |row: Vec<&'static str>| {
            let storage = Storage {
                length: number(row[length]),
                by_value: row[by_value] == "t",
                align: row[align],
                storage: row[storage],
                collation: number(row[collation]),
            };
            (Type(row[oid].parse().unwrap_or(0)), storage)
        };
        lines.map(entry).collect()
    });
    BY_TYPE.get(&ty).copied().unwrap_or(Storage { length: -1, by_value: false, align: "i", storage: "x", collation: 100 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_fits_its_relation() {
        for schema in super::super::system_schemas() {
            for table in schema.tables.values() {
                if let Some(batch) = batch(table) {
                    assert!(batch.unwrap_or_else(|report| panic!("{}: {report}", table.name)).num_rows() > 0);
                }
            }
        }
        assert_eq!(storage(Type::NAME).collation, 950);
        assert_eq!(storage(Type::INT4).length, 4);
    }
}
