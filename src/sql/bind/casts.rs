//! From which type to which, and the type that several values have in common (chapters 10.4, 10.5; parse_coerce.c).

use super::signatures::CASTS;
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

/// In what context a value changes its type (`pg_cast.castcontext`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// An operand, an argument.
    Implicit,
    /// A target column; here also where PostgreSQL allows as much.
    Assignment,
    /// `::`, CAST.
    Explicit,
}

/// How a value gets from one type to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Same representation, or the same type.
    Binary,
    /// A cast function.
    Function,
    /// Text out, text in.
    InOut,
    /// An array, element by element.
    Elements,
}

/// Finds the way from one type to another that the context allows.
pub fn path(from: Type, to: Type, context: Context) -> Option<Path> {
    if from == to {
        return Some(Path::Binary);
    }
    if let Some(cast) = CASTS.get(&(from, to)) {
        let needed = match cast.context {
            'i' => Context::Implicit,
            'a' => Context::Assignment,
            _ => Context::Explicit,
        };
        let way = match cast.method {
            'f' => Path::Function,
            'i' => Path::InOut,
            _ => Path::Binary,
        };
        return (context >= needed).then_some(way);
    }
    if !matches!(to, Type::OIDVECTOR | Type::INT2VECTOR)
        && let (Some(from), Some(to)) = (from.element(), to.element())
        && path(from, to, context).is_some_and(|way| way != Path::Elements)
    {
        return Some(Path::Elements);
    }
    let by_text = (context >= Context::Assignment && to.category() == 'S') || (context == Context::Explicit && from.category() == 'S');
    let holds_rows = |ty: Type| ty == Type::RECORD || ty.element() == Some(Type::RECORD);
    let has_text = |ty: Type| ty.entry().is_some_and(|entry| entry.kind != 'p' || holds_rows(ty));
    (by_text && has_text(from) && has_text(to)).then_some(Path::InOut)
}

/// Tells whether a value of one type may become the other in this context. Unknown literals may become anything.
pub fn can_coerce(from: Type, to: Type, context: Context) -> bool {
    from == to || to == Type::ANY || from == Type::UNKNOWN || path(from, to, context).is_some()
}

/// Finds the type that all branches of a construct take (`CASE`, `UNION`, `VALUES`, `ARRAY`, `COALESCE`, ...). PostgreSQL puts a
/// CASE's ELSE first.
///
/// # Errors
/// 42804, as in `CASE types integer and text cannot be matched`.
pub fn common_type(construct: &str, types: &[Type], position: Option<u32>) -> Result<Type> {
    let placed: Vec<(Type, Option<u32>)> = types.iter().map(|ty| (*ty, position)).collect();
    common_type_at(construct, &placed)
}

/// As [`common_type`]; the error stands at the first value that does not fit.
///
/// # Errors
/// As [`common_type`].
pub fn common_type_at(construct: &str, values: &[(Type, Option<u32>)]) -> Result<Type> {
    let types: Vec<Type> = values.iter().map(|(ty, _)| *ty).collect();
    let common = select_common_type(&types).map_err(|(i, so_far)| {
        let message = format!("{construct} types {so_far} and {} cannot be matched", types[i]);
        Report::new(SqlState::DATATYPE_MISMATCH, message).at(values[i].1)
    })?;
    match values.iter().enumerate().find(|(_, (ty, _))| !can_coerce(*ty, common, Context::Implicit)) {
        None => Ok(common),
        Some((i, (ty, position))) => {
            let construct = match (construct, i) {
                ("CASE", 0) => "CASE/ELSE",
                ("CASE", _) => "CASE/WHEN",
                _ => construct,
            };
            Err(Report::new(SqlState::CANNOT_COERCE, format!("{construct} could not convert type {ty} to {common}")).at(*position))
        }
    }
}

/// Finds the common type; an error is the index of the type that did not fit and the type that the ones before it came to.
pub fn select_common_type(types: &[Type]) -> Result<Type, (usize, Type)> {
    let mut common = types.first().copied().unwrap_or(Type::UNKNOWN);
    for (i, &ty) in types.iter().enumerate().skip(1) {
        if ty == Type::UNKNOWN || ty == common {
            continue;
        }
        if common == Type::UNKNOWN {
            common = ty;
        } else if ty.category() != common.category() {
            return Err((i, common));
        } else if !common.is_preferred() && can_coerce(common, ty, Context::Implicit) && !can_coerce(ty, common, Context::Implicit) {
            common = ty;
        }
    }
    Ok(if common == Type::UNKNOWN { Type::TEXT } else { common })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_open_more_ways() {
        assert_eq!(path(Type::INT4, Type::INT8, Context::Implicit), Some(Path::Function));
        assert_eq!(path(Type::INT8, Type::INT4, Context::Implicit), None);
        assert_eq!(path(Type::INT8, Type::INT4, Context::Assignment), Some(Path::Function));
        assert_eq!(path(Type::INT4, Type::TEXT, Context::Implicit), None);
        assert_eq!(path(Type::INT4, Type::TEXT, Context::Explicit), Some(Path::InOut));
        assert_eq!(path(Type::TEXT, Type::DATE, Context::Explicit), Some(Path::InOut));
        assert_eq!(path(Type::INT4_ARRAY, Type::INT8_ARRAY, Context::Implicit), Some(Path::Elements));
        assert_eq!(path(Type::TEXT_ARRAY, Type::INT4_ARRAY, Context::Explicit), Some(Path::Elements));
        assert_eq!(path(Type::VARCHAR, Type::TEXT, Context::Implicit), Some(Path::Binary));
        assert_eq!(path(Type::DATE, Type::INT4, Context::Explicit), None);
        assert_eq!(path(Type::JSONB, Type::INT4, Context::Explicit), Some(Path::Function));
    }

    #[test]
    fn common_types() {
        let common = |types: &[Type]| common_type("CASE", types, Some(3)).map_err(|report| report.message);
        assert_eq!(common(&[Type::INT4, Type::NUMERIC]), Ok(Type::NUMERIC));
        assert_eq!(common(&[Type::NUMERIC, Type::FLOAT8]), Ok(Type::FLOAT8));
        assert_eq!(common(&[Type::UNKNOWN, Type::DATE]), Ok(Type::DATE));
        assert_eq!(common(&[Type::UNKNOWN, Type::UNKNOWN]), Ok(Type::TEXT));
        // text becomes varchar as freely as varchar text: the first one stays.
        assert_eq!(common(&[Type::VARCHAR, Type::TEXT]), Ok(Type::VARCHAR));
        assert_eq!(common(&[Type::VARCHAR, Type::BPCHAR]), Ok(Type::VARCHAR));
        assert_eq!(common(&[Type::DATE, Type::TIMESTAMPTZ]), Ok(Type::TIMESTAMPTZ));
        assert_eq!(common(&[Type::TEXT, Type::INT4]), Err("CASE types text and integer cannot be matched".into()));
        assert_eq!(common(&[Type::JSON, Type::JSONB]), Err("CASE/WHEN could not convert type jsonb to json".into()));
    }
}
