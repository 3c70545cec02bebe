//! `aclexplode(aclitem[])`: what access control lists say, one privilege a row (acl.c).

use arrow::datatypes::DataType;

use super::Scalar;
use super::rows::strict;
use super::value::{Value, build, list_of, read};
use crate::catalog::pg_catalog::role_oid;
use crate::error::{Report, Result, SqlState};

/// One privilege: who gave it, who has it, what it is, may it be given on.
struct Privilege {
    grantor: u32,
    grantee: u32,
    name: &'static str,
    grantable: bool,
}

const NAMES: [(char, &str); 14] = [
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

/// Reads `grantee=arw*/grantor`; nobody named is PUBLIC.
fn item(text: &str, out: &mut Vec<Privilege>) -> Result<()> {
    let wrong = || Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type aclitem: \"{text}\""));
    let (grantee, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (letters, grantor) = rest.split_once('/').ok_or_else(wrong)?;
    let role = |name: &str| if name.is_empty() { 0 } else { role_oid(name.trim_matches('"')) };
    for letter in letters.chars() {
        if letter == '*' {
            out.last_mut().ok_or_else(wrong)?.grantable = true;
            continue;
        }
        let (_, name) = NAMES.iter().find(|(known, _)| *known == letter).ok_or_else(wrong)?;
        out.push(Privilege { grantor: role(grantor), grantee: role(grantee), name, grantable: false });
    }
    Ok(())
}

fn column(args: &[Value], ty: DataType, of: fn(&Privilege) -> Value<'static>) -> Result<Value<'static>> {
    let list = args[0].list()?;
    let mut privileges = Vec::new();
    for i in 0..list.len() {
        item(read(list, i)?.str()?, &mut privileges)?;
    }
    let values: Vec<Value> = privileges.iter().map(of).collect();
    Ok(Value::List(build(&values, &ty)?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_acl_grantor", |_, _| Ok(list_of(DataType::UInt32)), |args| {
            column(args, DataType::UInt32, |privilege| Value::Int(privilege.grantor.into()))
        }),
        strict!("pg_acl_grantee", |_, _| Ok(list_of(DataType::UInt32)), |args| {
            column(args, DataType::UInt32, |privilege| Value::Int(privilege.grantee.into()))
        }),
        strict!("pg_acl_privilege", |_, _| Ok(list_of(DataType::Utf8)), |args| {
            column(args, DataType::Utf8, |privilege| Value::text(privilege.name))
        }),
        strict!("pg_acl_grantable", |_, _| Ok(list_of(DataType::Boolean)), |args| {
            column(args, DataType::Boolean, |privilege| Value::Bool(privilege.grantable))
        }),
    ]
}
