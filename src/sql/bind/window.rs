//! Window calls: OVER, named windows, frames.

use std::sync::Arc;

use sqlparser::ast::{self, NamedWindowExpr, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType};

use super::Binder;
use super::aggregate::place;
use super::coerce::Context;
use super::grouping::each;
use super::names::fold;
use super::order::{sort_key, sort_parts, sortable};
use super::scope::Clause;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// A window definition with its references to other windows resolved.
struct Definition {
    partition_by: Vec<ast::Expr>,
    order_by: Vec<ast::OrderByExpr>,
    frame: Option<ast::WindowFrame>,
    exclude: FrameExclude,
}

impl Binder<'_> {
    /// Makes a window call of bound arguments.
    #[allow(clippy::too_many_arguments)]
    pub fn window_call(
        &mut self,
        function: Arc<Signature>,
        aggregate: bool,
        args: Vec<Expr>,
        filter: Option<Expr>,
        call: &ast::Function,
        outer: Clause,
        position: Option<u32>,
    ) -> Result<Expr> {
        let refused = |message: String| Err(Report::new(SqlState::WINDOWING_ERROR, message).at(position));
        match outer {
            Clause::Select | Clause::OrderBy | Clause::DistinctOn => {}
            Clause::WindowCall => return refused("window function calls cannot be nested".into()),
            Clause::Aggregate => {
                let message = "aggregate function calls cannot contain window function calls";
                return Err(Report::new(SqlState::GROUPING_ERROR, message).at(position));
            }
            clause => return refused(format!("window functions are not allowed in {}", place(clause))),
        }
        let Some(over) = &call.over else { return Err(Report::internal("OVER expected")) };
        let definition = match over {
            WindowType::NamedWindow(name) => self.named_window(name, usize::MAX)?,
            WindowType::WindowSpec(spec) => self.definition(spec, usize::MAX)?,
        };
        self.scope().clause = Clause::WindowDefinition;
        let mut partition_by: Vec<Expr> = Vec::new();
        for item in &definition.partition_by {
            let bound = self.expr(item)?;
            let bound = self.settle(bound)?;
            sortable(&bound, "equality")?;
            partition_by.extend(sort_parts(&bound));
        }
        let mut order_by: Vec<SortKey> = Vec::new();
        for item in &definition.order_by {
            let bound = self.expr(&item.expr)?;
            let bound = self.settle(bound)?;
            sortable(&bound, "ordering")?;
            if !self.sort_by_parts(&bound, &item.options, &mut order_by)? {
                order_by.push(sort_key(SortBy::Expr(bound), &item.options));
            }
        }
        let exclude = definition.exclude;
        let frame = definition.frame.map(|frame| self.frame(&frame, &order_by, position)).transpose()?;
        let frame = frame.map(|frame| Frame { exclude, ..frame });
        self.scope().windows = true;
        let returns = function.returns;
        let window = Window { function, aggregate, args, filter, partition_by, order_by, frame };
        Ok(self.make(ExprKind::Window(Box::new(window)), returns, -1, position))
    }

    /// Finds what is wrong with the windows of the WINDOW clause, be they used or not: their references to one another, and what they sort by.
    pub fn check_windows(&mut self) -> Result<()> {
        for (i, definition) in self.scope().named_windows.clone().iter().enumerate() {
            let definition = match &definition.1 {
                NamedWindowExpr::NamedWindow(other) => self.named_window(other, i)?,
                NamedWindowExpr::WindowSpec(spec) => self.definition(spec, i)?,
            };
            let before = std::mem::replace(&mut self.scope().clause, Clause::WindowDefinition);
            for (items, needs) in [
                (definition.partition_by.iter().collect::<Vec<_>>(), "equality"),
                (definition.order_by.iter().map(|item| &item.expr).collect(), "ordering"),
            ] {
                for item in items {
                    let bound = self.expr(item)?;
                    let bound = self.settle(bound)?;
                    sortable(&bound, needs)?;
                }
            }
            self.scope().clause = before;
        }
        Ok(())
    }

    /// Resolves a name among the first `known` windows of the WINDOW clause: a definition refers to those before it only (parse_clause.c,
    /// `transformWindowDefinitions`).
    fn named_window(&mut self, name: &ast::Ident, known: usize) -> Result<Definition> {
        let wanted = fold(name);
        let position = self.places.of(name.span.start);
        let windows = self.scope().named_windows.iter().take(known);
        let found =
            windows.enumerate().find(|(_, definition)| fold(&definition.0) == wanted).map(|(i, definition)| (i, definition.clone()));
        match found {
            Some((before, definition)) => match &definition.1 {
                NamedWindowExpr::NamedWindow(other) => self.named_window(other, before),
                NamedWindowExpr::WindowSpec(spec) => self.definition(spec, before),
            },
            None => Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("window \"{wanted}\" does not exist")).at(position)),
        }
    }

    fn definition(&mut self, spec: &WindowSpec, known: usize) -> Result<Definition> {
        let mut partition_by = spec.partition_by.clone();
        let mut exclude = FrameExclude::NoOthers;
        partition_by.retain(|item| match excluded(item) {
            Some(found) => {
                exclude = found;
                false
            }
            None => true,
        });
        let own = Definition { partition_by, order_by: spec.order_by.clone(), frame: spec.window_frame.clone(), exclude };
        let Some(name) = &spec.window_name else { return Ok(own) };
        let (base, label, position) = (self.named_window(name, known)?, fold(name), self.places.opening_before(name.span.start));
        let refused = |what: &str| Err(Report::new(SqlState::WINDOWING_ERROR, what.replace("{}", &label)).at(position));
        if !own.partition_by.is_empty() {
            return refused("cannot override PARTITION BY clause of window \"{}\"");
        }
        if !own.order_by.is_empty() && !base.order_by.is_empty() {
            return refused("cannot override ORDER BY clause of window \"{}\"");
        }
        if base.frame.is_some() {
            return refused("cannot copy window \"{}\" because it has a frame clause");
        }
        let order_by = if own.order_by.is_empty() { base.order_by } else { own.order_by };
        Ok(Definition { partition_by: base.partition_by, order_by, frame: own.frame, exclude: own.exclude })
    }

    fn frame(&mut self, frame: &ast::WindowFrame, order_by: &[SortKey], position: Option<u32>) -> Result<Frame> {
        let unit = match frame.units {
            WindowFrameUnits::Rows => FrameUnit::Rows,
            WindowFrameUnits::Range => FrameUnit::Range,
            WindowFrameUnits::Groups => FrameUnit::Groups,
        };
        let refused = |message: &str| Err(Report::new(SqlState::WINDOWING_ERROR, message).at(position));
        if unit == FrameUnit::Groups && order_by.is_empty() {
            return refused("GROUPS mode requires an ORDER BY clause");
        }
        let start = self.frame_bound(&frame.start_bound, unit, order_by, position)?;
        let end = match &frame.end_bound {
            Some(bound) => self.frame_bound(bound, unit, order_by, position)?,
            None => FrameBound::CurrentRow,
        };
        let refused = |message: &str| {
            let at = if let FrameBound::Preceding(offset) = &end { offset.position } else { None };
            Err(Report::new(SqlState::WINDOWING_ERROR, message).at(at.or(position)))
        };
        match (&start, &end) {
            (FrameBound::UnboundedFollowing, _) => refused("frame start cannot be UNBOUNDED FOLLOWING"),
            (_, FrameBound::UnboundedPreceding) => refused("frame end cannot be UNBOUNDED PRECEDING"),
            (FrameBound::CurrentRow, FrameBound::Preceding(_)) => refused("frame starting from current row cannot have preceding rows"),
            (FrameBound::Following(_), FrameBound::Preceding(_) | FrameBound::CurrentRow) => {
                refused("frame starting from following row cannot have preceding rows")
            }
            _ => Ok(Frame { unit, start, end, exclude: FrameExclude::NoOthers }),
        }
    }

    fn frame_bound(
        &mut self,
        bound: &WindowFrameBound,
        unit: FrameUnit,
        order_by: &[SortKey],
        position: Option<u32>,
    ) -> Result<FrameBound> {
        let (offset, preceding) = match bound {
            WindowFrameBound::CurrentRow => return Ok(FrameBound::CurrentRow),
            WindowFrameBound::Preceding(None) => return Ok(FrameBound::UnboundedPreceding),
            WindowFrameBound::Following(None) => return Ok(FrameBound::UnboundedFollowing),
            WindowFrameBound::Preceding(Some(offset)) => (offset, true),
            WindowFrameBound::Following(Some(offset)) => (offset, false),
        };
        let expr = self.expr(offset)?;
        let at = expr.position.or(position);
        let name = match unit {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
            FrameUnit::Groups => "GROUPS",
        };
        let expr = match unit {
            FrameUnit::Rows | FrameUnit::Groups => {
                let ty = expr.ty;
                self.coerce(expr, Type::INT8, Context::Assignment).map_err(|_| {
                    Report::new(SqlState::DATATYPE_MISMATCH, format!("argument of {name} must be type bigint, not type {ty}")).at(at)
                })?
            }
            FrameUnit::Range => {
                let [SortKey { by: SortBy::Expr(key), .. }] = order_by else {
                    let message = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
                    return Err(Report::new(SqlState::WINDOWING_ERROR, message).at(at));
                };
                let ty = range_offset(key.ty).ok_or_else(|| {
                    let message = format!("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {}", key.ty);
                    Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(at)
                })?;
                let ty = if key.ty.is_integer() && expr.ty.is_integer() { expr.ty } else { ty };
                let (given, unknown) = (expr.ty, expr.ty == Type::UNKNOWN);
                self.offset(expr, ty).map_err(|report| match unknown {
                    true => report,
                    false => {
                        let message = format!(
                            "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {} and offset type {given}",
                            key.ty
                        );
                        Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).hint("Cast the offset value to an appropriate type.").at(at)
                    }
                })?
            }
        };
        let mut variable = false;
        each(&expr, &mut |part| variable |= matches!(part.kind, ExprKind::Column { .. }));
        if variable {
            return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, format!("argument of {name} must not contain variables")).at(at));
        }
        if matches!(&expr.kind, ExprKind::Literal(Literal::Int(n)) if *n < 0) {
            let side = if preceding { "starting" } else { "ending" };
            return Err(Report::new(SqlState("22013"), format!("frame {side} offset must not be negative")));
        }
        Ok(if preceding { FrameBound::Preceding(Box::new(expr)) } else { FrameBound::Following(Box::new(expr)) })
    }
}

/// The type of a RANGE frame's offset for a sort key's type (the `in_range` functions of btree families).
fn range_offset(key: Type) -> Option<Type> {
    match key {
        Type::INT2 | Type::INT4 => Some(Type::INT4),
        Type::INT8 => Some(Type::INT8),
        Type::FLOAT4 | Type::FLOAT8 => Some(Type::FLOAT8),
        Type::NUMERIC => Some(Type::NUMERIC),
        Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL => Some(Type::INTERVAL),
        _ => None,
    }
}

/// Reads the parser's mark for EXCLUDE.
fn excluded(item: &ast::Expr) -> Option<FrameExclude> {
    let ast::Expr::Identifier(ident) = item else { return None };
    Some(match ident.value.strip_prefix(crate::sql::parse::rewrite::EXCLUDE)? {
        "current" => FrameExclude::CurrentRow,
        "group" => FrameExclude::Group,
        _ => FrameExclude::Ties,
    })
}
