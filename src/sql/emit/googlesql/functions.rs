//! Function calls: dispatched by the name that resolution chose; what is not listed is refused.

use super::*;

impl Emitter {
    /// Prints a function call.
    pub fn function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Text> {
        if let Some(text) = self.digits(function, args)? {
            return Ok(text);
        }
        if function.schema == "bigquery" {
            let args = self.exprs(args)?;
            return Ok(Text::call(&function.name.to_ascii_uppercase(), &args));
        }
        if function.returns_set {
            return Err(refuse(format!("the set-returning function {}() here", function.name), expr.position, "Put it into FROM."));
        }
        if function.schema == "pg_catalog" {
            if let Some(text) = self.range_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.text_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.math_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.datetime_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.template_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.json_function(expr, function, args)? {
                return Ok(text);
            }
            if let Some(text) = self.array_function(function, args)? {
                return Ok(text);
            }
        }
        let types: Vec<String> = function.arguments.iter().map(|ty| ty.to_string()).collect();
        Err(refuse(
            format!("the function {}({})", function.name, types.join(", ")),
            expr.position,
            "It has no faithful form in BigQuery yet.",
        ))
    }
}
