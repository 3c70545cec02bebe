//! Rules that make a bound query cheaper or safer, one a file, applied in order.

pub mod constants;
pub mod limit;

use std::collections::BTreeMap;

use crate::query::{Principal, QueryContext};
use crate::sql::tree::Bound;

/// `[optimizer]`, and the limit of `[guard]` and `[[roles]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Optional rules run. The safety limit always does.
    pub enabled: bool,
    /// `guard.inject_limit`: rows after which an unlimited SELECT is cut; 0 = never.
    pub inject_limit: u64,
    /// The same by role.
    pub inject_limit_of_role: BTreeMap<String, u64>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { enabled: true, inject_limit: 10_000, inject_limit_of_role: BTreeMap::new() }
    }
}

/// What rules may look at beside the query.
pub struct RuleContext<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The client takes a bounded number of rows by itself.
    pub row_limited: bool,
    /// Rows after which an unlimited SELECT is cut; 0 = never.
    pub inject_limit: u64,
}

/// What a rule did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// For people: the line in EXPLAIN.
    pub what: String,
    /// The rows must be cut after so many, with a warning ([`limit::cut`]).
    pub cut: Option<u64>,
}

/// One rewriting.
pub trait Rule: Send + Sync {
    /// Returns the name that EXPLAIN shows.
    fn name(&self) -> &'static str;

    /// Tells whether it runs even with the optimizer off, for safety.
    fn always(&self) -> bool {
        false
    }

    /// Rewrites the query, or leaves it alone.
    fn apply(&self, bound: &mut Bound, cx: &RuleContext) -> Option<Change>;
}

/// A line of the trace that EXPLAIN shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Which rule.
    pub rule: &'static str,
    /// What it did.
    pub what: String,
    /// Rows after which to cut and warn.
    pub cut: Option<u64>,
}

/// The rules in their order.
pub struct Optimizer {
    settings: Settings,
    rules: Vec<Box<dyn Rule>>,
}

impl Optimizer {
    /// Makes the list.
    pub fn new(settings: Settings) -> Optimizer {
        Optimizer { settings, rules: vec![Box::new(limit::InjectLimit), Box::new(constants::Conjuncts)] }
    }

    /// Returns the rows after which an unlimited SELECT is cut; 0 = never.
    pub fn rows_at_most(&self, cx: &QueryContext) -> u64 {
        if cx.row_limited {
            return 0;
        }
        *self.settings.inject_limit_of_role.get(&cx.principal.role).unwrap_or(&self.settings.inject_limit)
    }

    /// Applies every rule in order.
    pub fn apply(&self, cx: &QueryContext, bound: &mut Bound) -> Vec<Trace> {
        let inject_limit = self.rows_at_most(cx);
        let rule_cx = RuleContext { principal: &cx.principal, row_limited: cx.row_limited, inject_limit };
        let rules = self.rules.iter().filter(|rule| self.settings.enabled || rule.always());
        let traces = rules.filter_map(|rule| {
            let Change { what, cut } = rule.apply(bound, &rule_cx)?;
            Some(Trace { rule: rule.name(), what, cut })
        });
        traces.collect()
    }
}
