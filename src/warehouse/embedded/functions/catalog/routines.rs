//! Functions as objects: their arguments, results and definitions, as ruleutils.c spells them.

use super::Known;
use crate::catalog::pg_catalog::builtin;
use crate::error::{Report, Result};
use crate::sql::bind::signatures::proc_by_oid;
use crate::types::Type;
use crate::types::ident::quote_ident;
use crate::warehouse::embedded::functions::value::Value;

fn oid(value: &Value) -> Result<u32> {
    Ok(u32::try_from(value.int()?).unwrap_or(0))
}

pub(super) fn type_name(oid: &str) -> String {
    let ty = Type(oid.parse().unwrap_or(0));
    if ty.entry().is_some() { ty.format(-1) } else { "???".into() }
}

/// A field that holds an array in its text form: `{i,o}`.
fn elements(field: Option<&'static str>) -> Vec<&'static str> {
    field.map(|text| text.trim_matches(['{', '}']).split(',').map(|item| item.trim_matches('"')).collect()).unwrap_or_default()
}

/// `pg_get_function_result`.
pub(super) fn result<'a>(_: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(result_of(oid(&args[0])?).map_or(Value::Null, Value::text))
}

fn result_of(oid: u32) -> Option<String> {
    let field = builtin::proc(oid)?;
    let set = if field("proretset") == Some("t") { "SETOF " } else { "" };
    Some(format!("{set}{}", type_name(field("prorettype")?)))
}

/// `pg_get_function_arguments` and `pg_get_function_identity_arguments`.
pub(super) fn arguments<'a>(args: &'a [Value<'a>], with_defaults: bool) -> Result<Value<'a>> {
    Ok(arguments_of(oid(&args[0])?, with_defaults).map_or(Value::Null, Value::text))
}

fn arguments_of(oid: u32, with_defaults: bool) -> Option<String> {
    let field = builtin::proc(oid)?;
    let known = proc_by_oid(oid);
    let inputs: Vec<&str> = field("proargtypes").unwrap_or_default().split_whitespace().collect();
    let (names, modes, all) = (elements(field("proargnames")), elements(field("proargmodes")), elements(field("proallargtypes")));
    let types = if all.is_empty() { &inputs } else { &all };
    let defaults = known.map(|proc| proc.defaults.as_slice()).unwrap_or_default();
    // The ordered arguments of an aggregate stand behind ORDER BY.
    let direct = aggregate(oid);
    let (mut text, mut input) = (String::new(), 0);
    for (i, ty) in types.iter().enumerate() {
        let mode = modes.get(i).copied().unwrap_or("i");
        let is_input = matches!(mode, "i" | "b" | "v");
        if mode == "t" || !is_input && !with_defaults && mode != "o" {
            continue;
        }
        let variadic = mode == "v" || modes.is_empty() && field("provariadic") != Some("0") && i + 1 == types.len();
        let word = match mode {
            "o" => "OUT ",
            "b" => "INOUT ",
            _ if variadic => "VARIADIC ",
            _ => "",
        };
        let name = names.get(i).filter(|name| !name.is_empty()).map(|name| format!("{} ", quote_ident(name))).unwrap_or_default();
        let mut argument = format!("{word}{name}{}", type_name(ty));
        let default = (input + defaults.len()).checked_sub(inputs.len()).and_then(|n| defaults.get(n));
        if let (true, true, Some(default)) = (is_input, with_defaults, default) {
            argument.push_str(&format!(" DEFAULT {default}"));
        }
        if is_input && direct == Some(input) {
            text.push_str(if text.is_empty() { "ORDER BY " } else { " ORDER BY " });
        } else if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&argument);
        input += usize::from(is_input);
        if is_input && variadic && direct == Some(input) {
            text.push_str(&format!(" ORDER BY {argument}"));
        }
    }
    Some(text)
}

/// The number of direct arguments of an ordered-set aggregate.
fn aggregate(oid: u32) -> Option<usize> {
    let (kind, direct) = builtin::aggregate(oid)?;
    (kind != "n").then_some(direct)
}

/// `pg_get_functiondef`.
pub(super) fn definition<'a>(_: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let oid = oid(&args[0])?;
    let Some(field) = builtin::proc(oid) else { return Ok(Value::Null) };
    let at = |name: &str| field(name).unwrap_or_default();
    if at("prokind") == "a" {
        let message = format!("\"{}\" is an aggregate function", at("proname"));
        return Err(Report::new(crate::error::SqlState("42809"), message));
    }
    let language = match at("prolang") {
        "12" => "internal",
        "13" => "c",
        _ => "sql",
    };
    // The body of RETURN ... is not among the rows here.
    if language == "sql" && at("prosrc").is_empty() {
        return Err(Report::unsupported(format!("the definition of function {}", at("proname"))));
    }
    let mut text = format!(
        "CREATE OR REPLACE FUNCTION pg_catalog.{}({})\n RETURNS {}\n LANGUAGE {language}\n",
        at("proname"),
        arguments_of(oid, true).unwrap_or_default(),
        result_of(oid).unwrap_or_default()
    );
    let mut traits = String::new();
    let mut put = |when: bool, word: &str| {
        if when {
            traits.push_str(word);
        }
    };
    put(at("prokind") == "w", " WINDOW");
    put(at("provolatile") == "i", " IMMUTABLE");
    put(at("provolatile") == "s", " STABLE");
    put(at("proparallel") == "s", " PARALLEL SAFE");
    put(at("proparallel") == "r", " PARALLEL RESTRICTED");
    put(at("proisstrict") == "t", " STRICT");
    put(at("prosecdef") == "t", " SECURITY DEFINER");
    put(at("proleakproof") == "t", " LEAKPROOF");
    let usual = if language == "sql" { "100" } else { "1" };
    put(at("procost") != usual, &format!(" COST {}", at("procost")));
    put(!matches!(at("prorows"), "0" | "1000"), &format!(" ROWS {}", at("prorows")));
    let support = at("prosupport").parse().ok().and_then(builtin::proc).and_then(|support| support("proname"));
    put(support.is_some(), &format!(" SUPPORT {}", support.unwrap_or_default()));
    if !traits.is_empty() {
        text.push_str(&traits);
        text.push('\n');
    }
    text.push_str(&format!("AS $function${}$function$\n", at("prosrc")));
    Ok(Value::text(text))
}
