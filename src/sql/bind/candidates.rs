//! Choosing between candidates of one name: the narrowing that functions and operators share (parse_func.c, `func_select_candidate`).

use super::coerce::{Context, can_coerce};
use super::polymorphic;
use crate::types::Type;

/// A function or operator with as many declared argument types as the call has arguments.
#[derive(Clone, Debug)]
pub struct Candidate<T> {
    /// The declared types, variadic ones repeated; polymorphic types as declared.
    pub arguments: Vec<Type>,
    /// What is chosen.
    pub what: T,
}

/// What the narrowing came to.
#[derive(Debug)]
pub enum Choice<T> {
    /// No candidate accepts the types.
    None,
    /// Exactly one does, or one is best.
    One(Candidate<T>),
    /// Several do and none is best.
    Many,
}

/// Picks the candidate that accepts these types best, by the steps of chapters 10.2 and 10.3 that follow the search for an exact match.
pub fn choose<T>(types: &[Type], mut candidates: Vec<Candidate<T>>) -> Choice<T> {
    candidates.retain(|candidate| accepts(types, &candidate.arguments));
    if candidates.is_empty() {
        return Choice::None;
    }
    let known = |i: &usize| types[*i] != Type::UNKNOWN;
    let exact = |candidate: &Candidate<T>| (0..types.len()).filter(known).filter(|i| candidate.arguments[*i] == types[*i]).count();
    let preferred = |candidate: &Candidate<T>| {
        let hit = |i: &usize| {
            let (declared, given) = (candidate.arguments[*i], types[*i]);
            declared == given || (declared.is_preferred() && declared.category() == given.category())
        };
        (0..types.len()).filter(known).filter(hit).count()
    };
    keep_best(&mut candidates, exact);
    keep_best(&mut candidates, preferred);
    if types.contains(&Type::UNKNOWN) && candidates.len() > 1 {
        settle_unknowns(types, &mut candidates);
        if candidates.len() > 1 {
            return assume_alike(types, candidates);
        }
    }
    match (candidates.pop(), candidates.is_empty()) {
        (Some(candidate), true) => Choice::One(candidate),
        _ => Choice::Many,
    }
}

/// Tells whether every argument can be given to the declared type.
fn accepts(types: &[Type], declared: &[Type]) -> bool {
    let fits =
        |(given, declared): (&Type, &Type)| polymorphic::is_polymorphic(*declared) || can_coerce(*given, *declared, Context::Implicit);
    types.iter().zip(declared).all(fits) && polymorphic::is_consistent(types, declared)
}

fn keep_best<T>(candidates: &mut Vec<Candidate<T>>, score: impl Fn(&Candidate<T>) -> usize) {
    if candidates.len() > 1 {
        let best = candidates.iter().map(&score).max().unwrap_or(0);
        candidates.retain(|candidate| score(candidate) == best);
    }
}

/// Unknown literals: if the candidates agree on a category for each (or one of them takes strings), keep those of that category.
fn settle_unknowns<T>(types: &[Type], candidates: &mut Vec<Candidate<T>>) {
    let unknown: Vec<usize> = (0..types.len()).filter(|i| types[*i] == Type::UNKNOWN).collect();
    let mut slots = Vec::new();
    for &i in &unknown {
        let (mut category, mut has_preferred, mut conflict) = (None, false, false);
        for candidate in candidates.iter() {
            let ty = candidate.arguments[i];
            match category {
                Some(known) if known == ty.category() => has_preferred |= ty.is_preferred(),
                Some(_) if ty.category() != 'S' => conflict = true,
                _ => (category, has_preferred) = (Some(ty.category()), ty.is_preferred()),
            }
        }
        let Some(category) = category.filter(|category| !conflict || *category == 'S') else { return };
        slots.push((i, category, has_preferred));
    }
    let keeps = |candidate: &Candidate<T>| {
        slots.iter().all(|&(i, category, has_preferred)| {
            let ty = candidate.arguments[i];
            ty.category() == category && (!has_preferred || ty.is_preferred())
        })
    };
    if candidates.iter().any(keeps) {
        candidates.retain(keeps);
    }
}

/// The last gasp: if all known arguments have one type, take the unknown ones to have it too.
fn assume_alike<T>(types: &[Type], mut candidates: Vec<Candidate<T>>) -> Choice<T> {
    let mut known = types.iter().copied().filter(|ty| *ty != Type::UNKNOWN);
    let Some(ty) = known.next().filter(|first| known.all(|other| other == *first)) else { return Choice::Many };
    let alike = vec![ty; types.len()];
    candidates.retain(|candidate| accepts(&alike, &candidate.arguments));
    match (candidates.pop(), candidates.is_empty()) {
        (Some(candidate), true) => Choice::One(candidate),
        _ => Choice::Many,
    }
}
