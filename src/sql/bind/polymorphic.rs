//! anyelement, anyarray, anycompatible and their kin: what they stand for in one call (chapter 38.2.5).

use super::coerce::{Context, can_coerce, select_common_type};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::range::{multirange as multirange_of, of_multirange as range_of, subtype};

/// Tells whether the type stands for a type that the call decides.
pub fn is_polymorphic(ty: Type) -> bool {
    is_simple(ty) || is_compatible(ty)
}

fn is_simple(ty: Type) -> bool {
    matches!(ty, Type::ANYELEMENT | Type::ANYARRAY | Type::ANYNONARRAY | Type::ANYENUM | Type::ANYRANGE | Type::ANYMULTIRANGE)
}

fn is_compatible(ty: Type) -> bool {
    matches!(
        ty,
        Type::ANYCOMPATIBLE
            | Type::ANYCOMPATIBLEARRAY
            | Type::ANYCOMPATIBLENONARRAY
            | Type::ANYCOMPATIBLERANGE
            | Type::ANYCOMPATIBLEMULTIRANGE
    )
}

/// What the polymorphic types of one call stand for.
#[derive(Default)]
struct Solution {
    element: Option<Type>,
    range: Option<Type>,
    multirange: Option<Type>,
    compatible: Option<Type>,
    compatible_range: Option<Type>,
}

impl Solution {
    fn resolve(&self, declared: Type) -> Option<Type> {
        match declared {
            Type::ANYELEMENT | Type::ANYNONARRAY | Type::ANYENUM => self.element,
            Type::ANYARRAY => self.element.and_then(Type::array),
            Type::ANYRANGE => self.range,
            Type::ANYMULTIRANGE => self.multirange.or_else(|| multirange_of(self.range?)),
            Type::ANYCOMPATIBLE | Type::ANYCOMPATIBLENONARRAY => self.compatible,
            Type::ANYCOMPATIBLEARRAY => self.compatible.and_then(Type::array),
            Type::ANYCOMPATIBLERANGE => self.compatible_range,
            other => Some(other),
        }
    }
}

/// Replaces the polymorphic types among the declared argument types and the result type by what the actual types make of them.
///
/// # Errors
/// 42804 when the actual types do not agree.
pub fn resolve(actual: &[Type], declared: &[Type], returns: Type) -> Result<(Vec<Type>, Type)> {
    if !declared.iter().copied().chain([returns]).any(is_polymorphic) {
        return Ok((declared.to_vec(), returns));
    }
    let mismatch = |message: String| Report::new(SqlState::DATATYPE_MISMATCH, message);
    let solution = solve(actual, declared).map_err(|problem| mismatch(problem.text()))?;
    let undetermined = |ty: Type| match ty {
        Type::ANYRANGE | Type::ANYMULTIRANGE => {
            mismatch(format!("could not determine polymorphic type {ty} because input has type unknown"))
        }
        _ => mismatch("could not determine polymorphic type because input has type unknown".into()),
    };
    let resolved = declared.iter().map(|ty| solution.resolve(*ty).ok_or_else(|| undetermined(*ty))).collect::<Result<Vec<Type>>>()?;
    let returns = solution.resolve(returns).ok_or_else(|| undetermined(returns))?;
    Ok((resolved, returns))
}

/// Tells whether the actual types agree with the polymorphic ones among the declared types.
pub fn is_consistent(actual: &[Type], declared: &[Type]) -> bool {
    solve(actual, declared).is_ok()
}

/// Why actual and declared types do not agree.
enum Problem {
    NotAlike(Type),
    NotA { declared: Type, what: &'static str, actual: Type },
    Inconsistent(Type, Type),
    ArrayForNonarray(Type),
    Incompatible,
}

impl Problem {
    fn text(&self) -> String {
        match self {
            Problem::NotAlike(declared) => format!("arguments declared \"{declared}\" are not all alike"),
            Problem::NotA { declared, what, actual } => format!("argument declared {declared} is not {what} but type {actual}"),
            Problem::Inconsistent(one, other) => format!("argument declared {one} is not consistent with argument declared {other}"),
            Problem::ArrayForNonarray(actual) => format!("type matched to anynonarray is an array type: {actual}"),
            Problem::Incompatible => "arguments of anycompatible family cannot be cast to a common type".into(),
        }
    }
}

// The order of the checks is that of check_generic_type_consistency (parse_coerce.c).
fn solve(actual: &[Type], declared: &[Type]) -> Result<Solution, Problem> {
    let (mut element, mut array, mut range, mut multirange) = (None, None, None, None);
    let (mut compatible, mut compatible_range) = (Vec::new(), None);
    let (mut simple_seen, mut compatible_seen, mut nonarray, mut compatible_nonarray) = (false, false, false, false);
    let set = |place: &mut Option<Type>, ty: Type, declared: Type| match *place {
        Some(known) if known != ty => Err(Problem::NotAlike(declared)),
        _ => {
            *place = Some(ty);
            Ok(())
        }
    };
    for (actual, declared) in actual.iter().copied().zip(declared.iter().copied()) {
        simple_seen |= is_simple(declared);
        compatible_seen |= is_compatible(declared);
        nonarray |= declared == Type::ANYNONARRAY;
        compatible_nonarray |= declared == Type::ANYCOMPATIBLENONARRAY;
        if actual == Type::UNKNOWN {
            continue;
        }
        match declared {
            // There are no enum types here.
            Type::ANYENUM => return Err(Problem::NotA { declared, what: "an enum", actual }),
            Type::ANYCOMPATIBLEMULTIRANGE => return Err(Problem::NotA { declared, what: "a multirange type", actual }),
            Type::ANYELEMENT | Type::ANYNONARRAY => set(&mut element, actual, Type::ANYELEMENT)?,
            Type::ANYARRAY => set(&mut array, actual, declared)?,
            Type::ANYRANGE => set(&mut range, actual, declared)?,
            Type::ANYMULTIRANGE => set(&mut multirange, actual, declared)?,
            Type::ANYCOMPATIBLE | Type::ANYCOMPATIBLENONARRAY => compatible.push(actual),
            Type::ANYCOMPATIBLEARRAY => {
                compatible.push(actual.element().ok_or(Problem::NotA { declared, what: "an array", actual })?);
            }
            Type::ANYCOMPATIBLERANGE => {
                set(&mut compatible_range, actual, declared)?;
                compatible.push(subtype(actual).ok_or(Problem::NotA { declared, what: "a range type", actual })?);
            }
            _ => {}
        }
    }
    let mut solution = Solution { element, range, multirange, ..Solution::default() };
    if simple_seen {
        if let Some(array) = array {
            let inner = array.element().ok_or(Problem::NotA { declared: Type::ANYARRAY, what: "an array", actual: array })?;
            agree(&mut solution.element, inner, Type::ANYARRAY)?;
        }
        if let Some(multirange) = multirange {
            let inner = range_of(multirange).ok_or(Problem::NotA {
                declared: Type::ANYMULTIRANGE,
                what: "a multirange type",
                actual: multirange,
            })?;
            if solution.range.is_some_and(|range| range != inner) {
                return Err(Problem::Inconsistent(Type::ANYMULTIRANGE, Type::ANYRANGE));
            }
            solution.range = Some(inner);
        }
        if let Some(range) = solution.range {
            let inner = subtype(range).ok_or(Problem::NotA { declared: Type::ANYRANGE, what: "a range type", actual: range })?;
            agree(&mut solution.element, inner, Type::ANYRANGE)?;
        }
        if let (true, Some(element)) = (nonarray, solution.element)
            && element.is_array()
        {
            return Err(Problem::ArrayForNonarray(element));
        }
    }
    if compatible_seen {
        let common = match compatible.as_slice() {
            [] => Type::TEXT,
            types => select_common_type(types).map_err(|_| Problem::Incompatible)?,
        };
        if !compatible.iter().all(|ty| can_coerce(*ty, common, Context::Implicit)) {
            return Err(Problem::Incompatible);
        }
        if compatible_nonarray && common.is_array() {
            return Err(Problem::ArrayForNonarray(common));
        }
        solution.compatible = Some(common);
        solution.compatible_range = compatible_range;
    }
    Ok(solution)
}

fn agree(element: &mut Option<Type>, inner: Type, declared: Type) -> Result<(), Problem> {
    match *element {
        Some(known) if known != inner => Err(Problem::Inconsistent(declared, Type::ANYELEMENT)),
        _ => {
            *element = Some(inner);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_decides() {
        let (args, returns) = resolve(&[Type::INT4_ARRAY, Type::UNKNOWN], &[Type::ANYARRAY, Type::ANYELEMENT], Type::ANYARRAY).unwrap();
        assert_eq!((args, returns), (vec![Type::INT4_ARRAY, Type::INT4], Type::INT4_ARRAY));
        // array_append(int4[], numeric): anycompatible widens the array.
        let declared = [Type::ANYCOMPATIBLEARRAY, Type::ANYCOMPATIBLE];
        let (args, returns) = resolve(&[Type::INT4_ARRAY, Type::NUMERIC], &declared, Type::ANYCOMPATIBLEARRAY).unwrap();
        assert_eq!((args, returns), (vec![Type::NUMERIC_ARRAY, Type::NUMERIC], Type::NUMERIC_ARRAY));
        let (args, _) = resolve(&[Type::DATERANGE, Type::UNKNOWN], &[Type::ANYRANGE, Type::ANYELEMENT], Type::BOOL).unwrap();
        assert_eq!(args, [Type::DATERANGE, Type::DATE]);
    }

    #[test]
    fn what_does_not_agree_is_refused() {
        // SELECT unnest('{1}') fails so in PostgreSQL.
        let error = resolve(&[Type::UNKNOWN], &[Type::ANYARRAY], Type::ANYELEMENT).unwrap_err();
        assert_eq!(error.message, "could not determine polymorphic type because input has type unknown");
        assert!(!is_consistent(&[Type::INT4], &[Type::ANYARRAY]));
        assert!(!is_consistent(&[Type::INT4_ARRAY, Type::TEXT], &[Type::ANYARRAY, Type::ANYELEMENT]));
    }
}
