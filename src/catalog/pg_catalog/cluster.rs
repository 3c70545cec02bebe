//! What stands above relations: schemas, databases, roles, settings.

use std::collections::BTreeSet;

use super::cells::{Cell, Row};
use super::{OWNER, OWNER_NAME, World, role_oid, schema_oid};
use crate::catalog::model::stable_oid;
use crate::query::setting::SettingInfo;

/// UTF8 in `pg_encoding_to_char`'s numbers.
pub const UTF8: i64 = 6;
/// Text sorts by its bytes, as in the warehouse.
const LOCALE: &str = "C.UTF-8";

/// `pg_namespace`.
pub fn namespaces(world: &World) -> Vec<Row> {
    let row = |name: &String| {
        let owner = if name == "public" { DATABASE_OWNER } else { OWNER };
        let mut row: Row =
            vec![("oid", Cell::Int(schema_oid(name).into())), ("nspname", Cell::Text(name.clone())), ("nspowner", Cell::Int(owner.into()))];
        row.extend((name == "public").then(|| ("nspacl", public_privileges())));
        row
    };
    schema_names(world).iter().map(row).collect()
}

/// The role whose only member is the owner of the database: `public` is its.
const DATABASE_OWNER: u32 = 6171;
const DATABASE_OWNER_NAME: &str = "pg_database_owner";

/// What initdb grants on the schema `public`: a dump leaves out what is as it was.
pub fn public_privileges() -> Cell {
    Cell::Texts(vec![format!("{DATABASE_OWNER_NAME}=UC/{DATABASE_OWNER_NAME}"), format!("=U/{DATABASE_OWNER_NAME}")])
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
            ("datfrozenxid", Cell::Int(3)),
            ("datminmxid", Cell::Int(1)),
            ("dattablespace", Cell::Int(1663)),
            ("datcollate", Cell::Text(LOCALE.into())),
            ("datctype", Cell::Text(LOCALE.into())),
        ]
    };
    world.snapshot.databases.iter().map(row).collect()
}

/// One login, or the owner of everything. Tools look for owners among the logins (`pg_user`), so that all count as such; who may really connect is
/// for the configuration to say.
struct Role {
    name: String,
    oid: u32,
    admin: bool,
}

fn all_roles(world: &World) -> Vec<Role> {
    let owner = Role { name: OWNER_NAME.into(), oid: OWNER, admin: true };
    let mut roles = vec![owner];
    let me = (world.principal.user.clone(), world.principal.admin);
    for (name, admin) in world.users.iter().chain([&me]) {
        if roles.iter().all(|role| role.name != *name) {
            roles.push(Role { name: name.clone(), oid: role_oid(name), admin: *admin });
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
            ("rolcanlogin", Cell::Bool(role.oid != DATABASE_OWNER)),
            ("rolreplication", Cell::Bool(false)),
            ("rolbypassrls", Cell::Bool(false)),
            ("rolconnlimit", Cell::Int(-1)),
        ];
        if with_config {
            row.push(("rolpassword", Cell::Text("********".into())));
        }
        row
    };
    all_roles(world).into_iter().chain([database_owner()]).map(row).collect()
}

fn database_owner() -> Role {
    Role { name: DATABASE_OWNER_NAME.into(), oid: DATABASE_OWNER, admin: false }
}

/// `pg_user`; `pg_shadow` without its secrets.
pub fn users(world: &World, starred: bool) -> Vec<Row> {
    let row = |role: Role| {
        let mut row: Row = vec![
            ("usename", Cell::Text(role.name)),
            ("usesysid", Cell::Int(role.oid.into())),
            ("usecreatedb", Cell::Bool(false)),
            ("usesuper", Cell::Bool(role.admin)),
            ("userepl", Cell::Bool(false)),
            ("usebypassrls", Cell::Bool(false)),
        ];
        row.extend(starred.then(|| ("passwd", Cell::Text("********".into()))));
        row
    };
    all_roles(world).into_iter().map(row).collect()
}

/// Returns the name of a role.
pub fn role_name(world: &World, oid: u32) -> Option<String> {
    all_roles(world).into_iter().chain([database_owner()]).find(|role| role.oid == oid).map(|role| role.name)
}

/// `pg_settings`.
pub fn settings(world: &World) -> Vec<Row> {
    let row = |info: SettingInfo| {
        let text = |text: &str| Cell::Text(text.to_owned());
        let mut row: Row = vec![
            ("name", text(info.name)),
            ("setting", Cell::Text(info.setting)),
            ("category", text(info.category)),
            ("short_desc", text(info.short_desc)),
            ("context", text(info.context)),
            ("vartype", text(info.vartype)),
            ("source", text(info.source)),
            ("boot_val", text(info.boot)),
            ("reset_val", Cell::Text(info.reset)),
            ("pending_restart", Cell::Bool(false)),
        ];
        for (column, said) in [("unit", info.unit), ("extra_desc", info.extra_desc)] {
            row.extend((!said.is_empty()).then(|| (column, text(said))));
        }
        row.extend(info.range.into_iter().flat_map(|(min, max)| [("min_val", text(min)), ("max_val", text(max))]));
        if !info.words.is_empty() {
            row.push(("enumvals", Cell::Texts(info.words.into_iter().map(str::to_owned).collect())));
        }
        row
    };
    world.about_settings.list().into_iter().map(row).collect()
}
