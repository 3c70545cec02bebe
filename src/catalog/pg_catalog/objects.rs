//! What the session has given names to: `pg_prepared_statements`, `pg_cursors`; and the extensions that every database has.

use super::builtin::Comment;
use super::cells::{Cell, Row};
use super::{OWNER, World, builtin, cluster, schema_oid, sluice};

/// `pg_prepared_statements`.
pub fn statements(world: &World) -> Vec<Row> {
    let row = |statement: &crate::query::NamedStatement| {
        vec![
            ("name", Cell::Text(statement.name.clone())),
            ("statement", Cell::Text(statement.text.to_string())),
            ("prepare_time", Cell::Time(statement.since)),
            ("parameter_types", Cell::Ints(statement.parameters.iter().map(|ty| ty.0.into()).collect())),
            ("from_sql", Cell::Bool(statement.from_sql)),
            ("generic_plans", Cell::Int(0)),
            ("custom_plans", Cell::Int(0)),
        ]
    };
    world.objects.statements.iter().map(row).collect()
}

/// `pg_cursors`.
pub fn cursors(world: &World) -> Vec<Row> {
    let row = |cursor: &crate::query::NamedCursor| {
        vec![
            ("name", Cell::Text(cursor.name.clone())),
            ("statement", Cell::Text(cursor.text.to_string())),
            ("is_holdable", Cell::Bool(cursor.hold)),
            ("is_binary", Cell::Bool(cursor.binary)),
            ("is_scrollable", Cell::Bool(false)),
            ("creation_time", Cell::Time(cursor.since)),
        ]
    };
    world.objects.cursors.iter().map(row).collect()
}

/// An extension that is there from the start.
struct Extension {
    name: &'static str,
    version: &'static str,
    schema: &'static str,
    comment: &'static str,
}

/// PostgreSQL's own language, and the schema `sluice`.
const EXTENSIONS: [Extension; 2] = [
    Extension { name: "plpgsql", version: "1.0", schema: "pg_catalog", comment: "PL/pgSQL procedural language" },
    Extension { name: "sluice", version: env!("CARGO_PKG_VERSION"), schema: "sluice", comment: "What Sluice says of itself" },
];

/// The OID of the extension `sluice`: one of those below 16384, which are the server's own. What belongs to such an extension no dump holds.
const SLUICE: u32 = 13_564;
const PLPGSQL: u32 = 13_559;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The line of the extension `sluice` in `pg_extension`, in COPY's text form.
pub fn extension_line() -> String {
    format!("{SLUICE}\tsluice\t{OWNER}\t{}\tf\t{}\t\\N\t\\N\n", schema_oid("sluice"), env!("CARGO_PKG_VERSION"))
}

/// What is said of the extension `sluice`.
pub fn extension_comment() -> Comment {
    Comment { object: SLUICE, class: PG_EXTENSION, text: EXTENSIONS[1].comment }
}

/// `pg_available_extensions`.
pub fn extensions() -> Vec<Row> {
    let row = |Extension { name, version, comment, .. }: &Extension| {
        vec![("name", text(name)), ("default_version", text(version)), ("installed_version", text(version)), ("comment", text(comment))]
    };
    EXTENSIONS.iter().map(row).collect()
}

/// `pg_available_extension_versions`.
pub fn extension_versions() -> Vec<Row> {
    let row = |Extension { name, version, schema, comment }: &Extension| {
        let traits = [("installed", true), ("superuser", true), ("trusted", true), ("relocatable", false)];
        let named = [("name", *name), ("version", *version), ("schema", *schema), ("comment", *comment)];
        let named = named.map(|(column, value)| (column, text(value)));
        named.into_iter().chain(traits.map(|(column, holds)| (column, Cell::Bool(holds)))).collect()
    };
    EXTENSIONS.iter().map(row).collect()
}

/// `pg_depend`: what belongs to the extensions.
pub fn dependencies(world: &World) -> Vec<Row> {
    let oid = |oid: u32| Cell::Int(oid.into());
    let belongs = |class: u32, object: u32, extension: u32| -> Row {
        vec![
            ("classid", oid(class)),
            ("objid", oid(object)),
            ("objsubid", Cell::Int(0)),
            ("refclassid", oid(PG_EXTENSION)),
            ("refobjid", oid(extension)),
            ("refobjsubid", Cell::Int(0)),
            ("deptype", text("e")),
        ]
    };
    let mut rows: Vec<Row> = PLPGSQL_OBJECTS.iter().map(|(class, object)| belongs(*class, *object, PLPGSQL)).collect();
    rows.push(belongs(PG_NAMESPACE, schema_oid("sluice"), SLUICE));
    let views = world.snapshot.schemas.get("sluice").into_iter().flat_map(|schema| schema.tables.values());
    rows.extend(views.map(|view| belongs(PG_CLASS, view.oid, SLUICE)));
    rows.extend(sluice::FUNCTIONS.iter().map(|function| belongs(PG_PROC, function.oid(), SLUICE)));
    rows
}

/// `pg_init_privs`: what objects of the server's own grant from the start, which no dump repeats.
pub fn initial_privileges() -> Vec<Row> {
    let row = |class: u32, object: u32, privileges: Cell| -> Row {
        vec![
            ("objoid", Cell::Int(object.into())),
            ("classoid", Cell::Int(class.into())),
            ("objsubid", Cell::Int(0)),
            ("privtype", text("i")),
            ("initprivs", privileges),
        ]
    };
    let functions = builtin::guarded_functions().into_iter().map(|(oid, privileges)| row(PG_PROC, oid, Cell::Texts(privileges)));
    functions.chain([row(PG_NAMESPACE, schema_oid("public"), cluster::public_privileges())]).collect()
}

/// Catalogs by their OIDs.
const PG_PROC: u32 = 1255;
const PG_CLASS: u32 = 1259;
const PG_LANGUAGE: u32 = 2612;
const PG_NAMESPACE: u32 = 2615;
const PG_EXTENSION: u32 = 3079;

/// The language and its functions.
const PLPGSQL_OBJECTS: [(u32, u32); 4] = [(PG_PROC, 13_560), (PG_PROC, 13_561), (PG_PROC, 13_562), (PG_LANGUAGE, 13_563)];
