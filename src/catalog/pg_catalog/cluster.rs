//! What stands above relations: schemas, databases, roles, settings.

use std::collections::BTreeSet;

use super::cells::{Cell, Row};
use super::{OWNER, OWNER_NAME, World, role_oid, schema_oid};
use crate::catalog::model::stable_oid;

/// UTF8 in `pg_encoding_to_char`'s numbers.
pub const UTF8: i64 = 6;
/// Text sorts by its bytes, as in the warehouse.
const LOCALE: &str = "C.UTF-8";

/// `pg_namespace`.
pub fn namespaces(world: &World) -> Vec<Row> {
    let row = |name: &String| {
        vec![("oid", Cell::Int(schema_oid(name).into())), ("nspname", Cell::Text(name.clone())), ("nspowner", Cell::Int(OWNER.into()))]
    };
    schema_names(world).iter().map(row).collect()
}

/// The schemas that are there; tools count on `public` as one of them.
pub fn schema_names(world: &World) -> BTreeSet<String> {
    world.snapshot.schemas.keys().cloned().chain(["public".to_owned()]).collect()
}

/// `pg_database`.
pub fn databases(world: &World) -> Vec<Row> {
    let row = |name: &String| {
        vec![
            ("oid", Cell::Int(stable_oid("database", name).into())),
            ("datname", Cell::Text(name.clone())),
            ("datdba", Cell::Int(OWNER.into())),
            ("encoding", Cell::Int(UTF8)),
            ("datlocprovider", Cell::Text("c".into())),
            ("datistemplate", Cell::Bool(false)),
            ("datallowconn", Cell::Bool(true)),
            ("datconnlimit", Cell::Int(-1)),
            ("datfrozenxid", Cell::Int(0)),
            ("datminmxid", Cell::Int(0)),
            ("dattablespace", Cell::Int(1663)),
            ("datcollate", Cell::Text(LOCALE.into())),
            ("datctype", Cell::Text(LOCALE.into())),
        ]
    };
    world.snapshot.databases.iter().map(row).collect()
}

/// One login, or the owner of everything.
struct Role {
    name: String,
    oid: u32,
    admin: bool,
    login: bool,
}

fn all_roles(world: &World) -> Vec<Role> {
    let owner = Role { name: OWNER_NAME.into(), oid: OWNER, admin: true, login: false };
    let mut roles = vec![owner];
    let me = (world.principal.user.clone(), world.principal.admin);
    for (name, admin) in world.users.iter().chain([&me]) {
        if roles.iter().all(|role| role.name != *name) {
            roles.push(Role { name: name.clone(), oid: role_oid(name), admin: *admin, login: true });
        }
    }
    roles
}

/// `pg_roles`, and `pg_authid` without its secrets.
pub fn roles(world: &World, with_config: bool) -> Vec<Row> {
    let row = |role: Role| {
        let mut row: Row = vec![
            ("oid", Cell::Int(role.oid.into())),
            ("rolname", Cell::Text(role.name)),
            ("rolsuper", Cell::Bool(role.admin)),
            ("rolinherit", Cell::Bool(true)),
            ("rolcreaterole", Cell::Bool(false)),
            ("rolcreatedb", Cell::Bool(false)),
            ("rolcanlogin", Cell::Bool(role.login)),
            ("rolreplication", Cell::Bool(false)),
            ("rolbypassrls", Cell::Bool(false)),
            ("rolconnlimit", Cell::Int(-1)),
        ];
        if with_config {
            row.push(("rolpassword", Cell::Text("********".into())));
        }
        row
    };
    all_roles(world).into_iter().map(row).collect()
}

/// `pg_user`.
pub fn users(world: &World) -> Vec<Row> {
    let row = |role: Role| {
        vec![
            ("usename", Cell::Text(role.name)),
            ("usesysid", Cell::Int(role.oid.into())),
            ("usecreatedb", Cell::Bool(false)),
            ("usesuper", Cell::Bool(role.admin)),
            ("userepl", Cell::Bool(false)),
            ("usebypassrls", Cell::Bool(false)),
            ("passwd", Cell::Text("********".into())),
        ]
    };
    all_roles(world).into_iter().filter(|role| role.login).map(row).collect()
}

/// Returns the name of a role.
pub fn role_name(world: &World, oid: u32) -> Option<String> {
    all_roles(world).into_iter().find(|role| role.oid == oid).map(|role| role.name)
}

/// `pg_settings`.
pub fn settings(world: &World) -> Vec<Row> {
    let row = |(name, value): &(String, String)| {
        // PostgreSQL spells three with capitals.
        let spelled = match name.as_str() {
            "timezone" => "TimeZone",
            "datestyle" => "DateStyle",
            "intervalstyle" => "IntervalStyle",
            name => name,
        };
        vec![
            ("name", Cell::Text(spelled.to_owned())),
            ("setting", Cell::Text(value.clone())),
            ("category", Cell::Text(if name.starts_with("sluice.") { "Sluice" } else { "Client Connection Defaults" }.into())),
            ("short_desc", Cell::Text(String::new())),
            ("context", Cell::Text("user".into())),
            ("vartype", Cell::Text("string".into())),
            ("source", Cell::Text("default".into())),
            ("boot_val", Cell::Text(value.clone())),
            ("reset_val", Cell::Text(value.clone())),
            ("pending_restart", Cell::Bool(false)),
        ]
    };
    let mut rows: Vec<&(String, String)> = world.settings.iter().collect();
    rows.sort();
    rows.into_iter().map(row).collect()
}
