//! `f(VARIADIC array)`: the elements are the arguments. A constant array's become them; of other arrays each function has a form of its own.

use super::Binder;
use super::functions::{FunctionKind, resolve_function};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Binds a call whose last argument is marked VARIADIC.
    pub fn variadic(&mut self, schema: Option<&str>, name: &str, args: Vec<Expr>, position: Option<u32>) -> Result<Expr> {
        let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let function = resolve_function(schema, name, &types, true, position)?;
        if function.kind != FunctionKind::Scalar {
            return Err(Report::unsupported("VARIADIC of an aggregate").at(position));
        }
        // Where the function does not gather arguments, the word says nothing.
        if super::signatures::proc_by_oid(function.signature.oid).is_some_and(|proc| proc.variadic.is_none()) {
            return self.call(schema, name, args, position);
        }
        let mut args = self.coercer().coerce_args(function.arrange(args), &function.signature)?;
        let array = args.pop().ok_or_else(|| Report::internal("VARIADIC without an argument"))?;
        if !array.ty.is_array() && !matches!(array.ty, Type::INT2VECTOR | Type::OIDVECTOR) {
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, "VARIADIC argument must be an array").at(array.position));
        }
        let catalog = Some("pg_catalog");
        match (name, args.as_slice()) {
            ("concat", []) => {
                let nothing = Expr::literal(Literal::Text(String::new()), Type::TEXT, position);
                return self.call(catalog, "array_to_string", vec![array, nothing], position);
            }
            ("concat_ws", [separator]) => {
                return self.call(catalog, "array_to_string", vec![array, separator.clone()], position);
            }
            ("json_extract_path" | "jsonb_extract_path", [json]) => return self.operator("#>", Some(json.clone()), array, position),
            ("json_extract_path_text" | "jsonb_extract_path_text", [json]) => {
                return self.operator("#>>", Some(json.clone()), array, position);
            }
            _ => {}
        }
        let elements = self
            .elements(array)
            .ok_or_else(|| Report::unsupported(format!("function {name} over VARIADIC of an array that is not constant")).at(position))?;
        args.extend(elements);
        self.call(schema, name, args, position)
    }

    /// The elements of `ARRAY[...]` or of a constant array of one dimension.
    fn elements(&self, array: Expr) -> Option<Vec<Expr>> {
        let element = array.ty.element()?;
        match array.kind {
            ExprKind::Array(elements) if elements.iter().all(|expr| expr.ty == element) => Some(elements),
            ExprKind::Literal(Literal::Array(values)) if !values.iter().any(|value| matches!(value, Literal::Array(_))) => {
                Some(values.into_iter().map(|value| Expr::literal(value, element, array.position)).collect())
            }
            ExprKind::Cast { expr, method: CastMethod::Binary, .. } => self.elements(*expr),
            _ => None,
        }
    }

    /// `COLLATION FOR (x)`: the name of the collation, quoted as in SQL.
    pub fn collation_for(&mut self, args: Vec<Expr>, position: Option<u32>) -> Result<Expr> {
        let arg =
            <[Expr; 1]>::try_from(args).map_err(|_| Report::new(SqlState::SYNTAX_ERROR, "COLLATION FOR takes one value").at(position))?;
        let [arg] = arg;
        let name = match arg.ty {
            ty if ty.is_string() || ty.element().is_some_and(|element| element.is_string()) => Literal::Text("\"default\"".into()),
            Type::UNKNOWN => Literal::Text("\"default\"".into()),
            Type::NAME => Literal::Text("\"C\"".into()),
            ty => {
                let message = format!("collations are not supported by type {ty}");
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
            }
        };
        Ok(Expr::literal(name, Type::TEXT, position))
    }
}
