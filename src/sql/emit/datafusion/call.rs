//! Function calls, by the table `functions.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::expr::scale;
use super::numeric::has_digits;
use super::{Printer, literal};
use crate::error::{Report, Result};
use crate::sql::tree::{CastMethod, Expr, ExprKind, Signature};
use crate::types::literal::Literal;
use crate::types::{Type, range};

/// One line of the table.
struct Form {
    arguments: Vec<&'static str>,
    /// The last argument's type may repeat.
    variadic: bool,
    /// Returns a set: each text gives the array of one column's rows.
    set: bool,
    templates: Vec<&'static str>,
}

static TABLE: LazyLock<HashMap<&'static str, Vec<Form>>> = LazyLock::new(|| {
    let mut table: HashMap<&'static str, Vec<Form>> = HashMap::new();
    for line in include_str!("functions.txt").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (head, body) = line.split_once(" = ").expect("functions.txt: name and types = text");
        let mut words = head.split_whitespace();
        let name = words.next().expect("functions.txt: a name");
        let mut arguments: Vec<&'static str> = words.collect();
        let mut variadic = false;
        if let Some(last) = arguments.last_mut()
            && let Some(base) = last.strip_suffix("...")
        {
            *last = base;
            variadic = true;
        }
        let (set, body) = match body.strip_prefix("set ") {
            Some(rest) => (true, rest),
            None => (false, body),
        };
        let form = Form { arguments, variadic, set, templates: body.split("; ").collect() };
        table.entry(name).or_default().push(form);
    }
    table
});

/// Returns the names of all DataFusion functions that the table calls.
#[cfg(test)]
pub fn called_functions() -> Vec<String> {
    let mut names = Vec::new();
    for template in TABLE.values().flatten().flat_map(|form| &form.templates) {
        for (i, _) in template.match_indices('(') {
            let start = template[..i].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            if template[start..i].starts_with("pg_") {
                names.push(template[start..i].to_owned());
            }
        }
    }
    names
}

/// Characters that are too many for a constant of a plan.
const LONG: i64 = 10_000;

/// Tells whether a value is a row whose fields nobody knows any more: a subquery hands on its text.
pub(super) fn is_handed_on_row(expr: &Expr) -> bool {
    expr.ty == Type::RECORD && matches!(expr.kind, ExprKind::Column { .. })
}

impl Printer<'_> {
    /// Prints a function call; a set-returning one as `unnest(array)`, for a select list.
    pub(super) fn call(&mut self, function: &Signature, args: &[Expr], whole: &Expr) -> Result<String> {
        if let ("pg_typeof", [arg]) = (function.name.as_str(), args) {
            let ty = function.arguments.first().copied().unwrap_or(arg.ty);
            let mut of_groups = false;
            super::scope::each(arg, &mut |part| of_groups |= matches!(part.kind, ExprKind::Aggregate(_)));
            // Without its aggregate the query would be one of rows.
            let groups = if of_groups { " + 0 * count(*)" } else { "" };
            return Ok(format!("CAST({}{groups} AS INT UNSIGNED)", ty.0));
        }
        if let Some(text) = self.catalog_call(function, args)? {
            return Ok(text);
        }
        if function.name.contains("json") && args.iter().any(is_handed_on_row) {
            return Err(Report::unsupported("json of a composite value that a subquery made").at(whole.position));
        }
        // A type's name that is called converts as the cast does: date(t), float8(n).
        if let ([arg], Some(to)) = (args, Type::by_name(&function.name))
            && to == function.returns
            && TABLE.get(function.name.as_str()).is_none_or(|forms| !forms.iter().any(|form| form.fits(&function.arguments)))
        {
            return self.cast(arg, whole, CastMethod::Function);
        }
        let (set, texts) = self.expand(function, args, whole)?;
        match (set, texts.as_slice()) {
            (false, [text]) => Ok(text.clone()),
            (true, [text]) => Ok(format!("unnest(pg_never_null({text}))")),
            _ => Err(Report::unsupported(format!("function {} here", function.name)).at(whole.position)),
        }
    }

    /// Prints the arrays that hold the rows of a call in FROM, one for each column.
    pub(super) fn set_arrays(&mut self, call: &Expr) -> Result<Vec<String>> {
        let ExprKind::Call { function, args } = &call.kind else {
            return Ok(vec![format!("make_array({})", self.expr(call)?)]);
        };
        if self.catalog_call(function, args)?.is_some() {
            return Ok(vec![format!("make_array({})", self.expr(call)?)]);
        }
        let (set, texts) = self.expand(function, args, call)?;
        Ok(if set { texts } else { texts.into_iter().map(|text| format!("make_array({text})")).collect() })
    }

    fn expand(&mut self, function: &Signature, args: &[Expr], whole: &Expr) -> Result<(bool, Vec<String>)> {
        let mut types: Vec<Type> = args.iter().zip(&function.arguments).map(|(_, ty)| *ty).collect();
        let form = TABLE.get(function.name.as_str()).and_then(|forms| forms.iter().find(|form| form.fits(&types)));
        let variadic_array = function.variadic.is_none() && form.is_some_and(|form| form.variadic && !types.is_empty());
        let (Some(form), false) = (form, variadic_array && types.last().is_some_and(|ty| ty.is_array()) && function.name != "concat")
        else {
            let list: Vec<String> = types.iter().map(ToString::to_string).collect();
            return Err(Report::unsupported(format!("function {}({})", function.name, list.join(", "))).at(whole.position));
        };
        let mut values = if has_digits(whole) {
            args.iter().map(|arg| if is_numeric(arg.ty) { self.digits(arg) } else { self.expr(arg) }).collect::<Result<Vec<_>>>()?
        } else {
            self.exprs(args)?
        };
        // Objects are shown by their names.
        if let ("array_to_string", Some(element)) = (function.name.as_str(), types.first().and_then(|ty| ty.element()))
            && super::cast::is_reg(element)
        {
            values[0] = format!("pg_reg_names({}, {})", values[0], literal::text(element.name()));
            types[0] = Type::TEXT_ARRAY;
        }
        if let ("repeat" | "lpad" | "rpad", Some(Literal::Int(LONG..))) =
            (function.name.as_str(), args.get(1).and_then(|n| self.constant(n)))
        {
            // The planner would make the text, and carry it through all its rules.
            values[1] = format!("pg_late({})", values[1]);
        }
        if let Some(told) = self.told_from_zero(&function.name, args, &values)? {
            return Ok(told);
        }
        let texts = form.templates.iter().map(|template| self.fill(template, &values, args, &types)).collect();
        Ok((form.set, texts))
    }

    fn fill(&self, template: &str, values: &[String], args: &[Expr], types: &[Type]) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (hole, tail) = after.split_once('}').expect("functions.txt: a closed brace");
            text.push_str(before);
            rest = tail;
            match hole {
                // An empty object.
                "" => text.push_str("{}"),
                "*" => text.push_str(&values.join(", ")),
                "1+" => text.push_str(&values[1..].join(", ")),
                "z" => text.push_str(&self.zone_text()),
                "T" => {
                    let names: Vec<&str> = args.iter().map(|arg| arg.ty.name()).collect();
                    text.push_str(&literal::text(&names.join(" ")));
                }
                "S" => {
                    let scales: Vec<String> = args.iter().map(|arg| scale(arg.scale)).collect();
                    text.push_str(&literal::text(&scales.join(" ")));
                }
                hole if hole.starts_with('c') => {
                    let i = index(&hole[1..]);
                    match self.constant(&args[i]) {
                        Some(crate::types::literal::Literal::Int(n)) => text.push_str(&n.to_string()),
                        _ => text.push_str(&values[i]),
                    }
                }
                hole if hole.starts_with('s') => text.push_str(&scale(args[index(&hole[1..])].scale)),
                hole if hole.starts_with('t') => text.push_str(&literal::text(types[index(&hole[1..])].name())),
                hole => text.push_str(&values[index(hole)]),
            }
        }
        text.push_str(rest);
        text
    }

    /// Functions of the system catalog and of the schema `sluice` keep their names.
    fn catalog_call(&mut self, function: &Signature, args: &[Expr]) -> Result<Option<String>> {
        let counter = function.schema == "pg_catalog"
            && function.name.starts_with("pg_stat_get_")
            && matches!(function.arguments.as_slice(), [] | [Type::OID])
            && function.returns != Type::RECORD;
        let own = counter || matches!(function.schema, "sluice" | "information_schema") || CATALOG.contains(&function.name.as_str());
        if !own || function.returns_set {
            return Ok(None);
        }
        let values = self.exprs(args)?;
        Ok(Some(format!("{}({})", function.name, values.join(", "))))
    }
}

/// Functions over the system catalog, kept by `functions::catalog`.
const CATALOG: &[&str] = &[
    "pg_table_is_visible",
    "pg_type_is_visible",
    "pg_function_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_opfamily_is_visible",
    "pg_conversion_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
    "pg_collation_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_get_userbyid",
    "pg_get_expr",
    "pg_get_viewdef",
    "pg_get_indexdef",
    "pg_get_constraintdef",
    "pg_get_ruledef",
    "pg_get_triggerdef",
    "pg_get_functiondef",
    "pg_get_function_result",
    "pg_get_function_arguments",
    "pg_get_function_identity_arguments",
    "pg_get_function_sqlbody",
    "pg_get_partkeydef",
    "pg_get_partition_constraintdef",
    "pg_get_statisticsobjdef_columns",
    "pg_get_serial_sequence",
    "pg_get_keywords",
    "pg_encoding_to_char",
    "pg_tablespace_location",
    "pg_relation_size",
    "pg_total_relation_size",
    "pg_table_size",
    "pg_indexes_size",
    "pg_database_size",
    "pg_tablespace_size",
    "pg_size_bytes",
    "pg_size_pretty",
    "pg_is_in_recovery",
    "pg_is_wal_replay_paused",
    "pg_blocking_pids",
    "pg_safe_snapshot_blocking_pids",
    "pg_describe_object",
    "pg_is_other_temp_schema",
    "pg_my_temp_schema",
    "pg_relation_is_publishable",
    "pg_relation_is_updatable",
    "pg_column_is_updatable",
    "pg_index_column_has_property",
    "pg_index_has_property",
    "pg_indexam_has_property",
    "pg_get_replica_identity_index",
    "pg_relation_filenode",
    "pg_partition_root",
    "row_security_active",
    "acldefault",
    "pg_encoding_max_length",
    "pg_trigger_depth",
    "pg_jit_available",
    "pg_notification_queue_usage",
    "pg_get_statisticsobjdef",
    "pg_get_statisticsobjdef_expressions",
    "pg_collation_actual_version",
    "pg_database_collation_actual_version",
    "pg_last_xact_replay_timestamp",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "getpgusername",
    "getdatabaseencoding",
    "has_tablespace_privilege",
    "pg_char_to_encoding",
    "pg_backend_pid",
    "format_type",
    "oidvectortypes",
    "obj_description",
    "col_description",
    "shobj_description",
    "has_schema_privilege",
    "has_table_privilege",
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_type_privilege",
    "has_language_privilege",
    "has_sequence_privilege",
    "pg_has_role",
    "to_regclass",
    "to_regtype",
    "to_regnamespace",
    "to_regproc",
    "to_regrole",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_user",
    "session_user",
    "current_setting",
    "version",
    "pg_postmaster_start_time",
    "pg_conf_load_time",
    "array_to_acl",
];

fn is_numeric(ty: Type) -> bool {
    matches!(ty, Type::NUMERIC | Type::NUMERIC_ARRAY)
}

fn index(text: &str) -> usize {
    text.parse().expect("functions.txt: an argument's number")
}

impl Form {
    fn fits(&self, types: &[Type]) -> bool {
        let fixed = self.arguments.len();
        if types.len() < fixed || (types.len() > fixed && !self.variadic) {
            return false;
        }
        types.iter().enumerate().all(|(i, ty)| {
            let wanted = self.arguments[i.min(fixed - 1)];
            match wanted {
                "any" => true,
                "[]" => ty.is_array(),
                "range" => range::subtype(*ty).is_some(),
                "text" => ty.is_string() && *ty != Type::BPCHAR || *ty == Type::TEXT,
                "text[]" => *ty == Type::TEXT_ARRAY,
                name => ty.name() == name,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads() {
        let substr = &TABLE["substr"];
        assert!(substr.iter().any(|form| form.fits(&[Type::TEXT, Type::INT4])));
        assert!(!substr.iter().any(|form| form.fits(&[Type::INT4, Type::INT4])));
        assert!(TABLE["concat"][0].fits(&[Type::INT4, Type::TEXT, Type::DATE]));
        assert!(called_functions().contains(&"pg_initcap".to_owned()));
    }

    #[test]
    fn each_hole_of_the_table_has_its_argument() {
        for (name, forms) in TABLE.iter() {
            for form in forms {
                let holes =
                    form.templates.iter().flat_map(|template| template.split('{').skip(1)).filter_map(|rest| rest.split('}').next());
                for hole in holes.filter(|hole| !matches!(*hole, "" | "*" | "1+" | "z" | "T" | "S")) {
                    let number = hole.trim_start_matches(['c', 's', 't']).parse::<usize>();
                    assert!(number.is_ok_and(|number| number < form.arguments.len()), "{name}: {{{hole}}}");
                }
            }
        }
    }
}
