//! EXCLUDE in window frames, which GoogleSQL does not have: a ROWS frame without its row is the rows before and the rows behind; a RANGE frame without its
//! row or peers is the frame's sum less theirs.

use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints an aggregate over a frame that leaves rows out.
    pub fn window_without(&mut self, expr: &Expr, call: &Window, frame: &Frame) -> Result<Text> {
        let name = call.function.name.as_str();
        let refused =
            || refuse("EXCLUDE in this window", expr.position, "sum(), count(), avg(), min() and max() leave rows out of a ROWS frame.");
        if !call.aggregate || !matches!(name, "sum" | "count" | "avg" | "min" | "max") || call.args.len() > 1 {
            return Err(refused());
        }
        if name == "avg" {
            let of = |name: &str, ty: Type| {
                let function = Arc::new(Signature { name: name.into(), returns: ty, ..(*call.function).clone() });
                let window = Window { function, ..call.clone() };
                Expr { ty, ..Expr::new(ExprKind::Window(Box::new(window)), ty, expr.position) }
            };
            let float = expr.ty == Type::FLOAT8;
            let (sum, count) = (of("sum", if float { Type::FLOAT8 } else { Type::NUMERIC }), of("count", Type::INT8));
            let (sum, count) = (self.expr(&sum)?, self.expr(&count)?);
            let sum = if float { sum } else { sum.cast("BIGNUMERIC") };
            return Ok(Text::infix(&sum, "/", &Text::atom(format!("NULLIF({count}, 0)")), Level::Multiply));
        }
        // A frame of all rows holds all peers, whatever it counts in.
        let is_all = frame.start == FrameBound::UnboundedPreceding && frame.end == FrameBound::UnboundedFollowing;
        match (frame.unit, frame.exclude) {
            (FrameUnit::Rows, FrameExclude::CurrentRow) => self.rows_around(expr, call, frame),
            (unit, exclude) if (unit != FrameUnit::Rows || is_all) && matches!(name, "sum" | "count") && expr.ty != Type::FLOAT8 => {
                self.less(expr, call, frame, exclude)
            }
            _ => Err(refused()),
        }
    }

    /// The rows of the frame before the current one, and those behind it.
    fn rows_around(&mut self, expr: &Expr, call: &Window, frame: &Frame) -> Result<Text> {
        let one = || Box::new(Expr::literal(Literal::Int(1), Type::INT8, expr.position));
        let before = match &frame.start {
            FrameBound::UnboundedPreceding => true,
            FrameBound::Preceding(n) => literals::constant_int(n) != Some(0),
            _ => false,
        };
        let behind = match &frame.end {
            FrameBound::UnboundedFollowing => true,
            FrameBound::Following(n) => literals::constant_int(n) != Some(0),
            _ => false,
        };
        let inside = !matches!(&frame.start, FrameBound::Following(n) if literals::constant_int(n) != Some(0))
            && !matches!(&frame.end, FrameBound::Preceding(n) if literals::constant_int(n) != Some(0));
        let mut sides = Vec::new();
        if inside && before {
            sides.push(Frame { end: FrameBound::Preceding(one()), exclude: FrameExclude::NoOthers, ..frame.clone() });
        }
        if inside && behind {
            sides.push(Frame { start: FrameBound::Following(one()), exclude: FrameExclude::NoOthers, ..frame.clone() });
        }
        if !inside {
            sides.push(Frame { exclude: FrameExclude::NoOthers, ..frame.clone() });
        }
        let mut printed = Vec::new();
        for side in sides {
            printed.push(self.window(expr, &Window { frame: Some(side), ..call.clone() })?);
        }
        let name = call.function.name.as_str();
        Ok(match (printed.as_slice(), name) {
            ([], "count") => Text::atom("0"),
            ([], _) => literals::literal(&Literal::Null, expr.ty, expr)?,
            ([only], _) => only.clone(),
            ([a, b, ..], "count") => Text::infix(a, "+", b, Level::Add),
            ([a, b, ..], "sum") => Text::call("COALESCE", &[Text::infix(a, "+", b, Level::Add), a.clone(), b.clone()]),
            ([a, b, ..], name) => {
                let both = Text::call(if name == "min" { "LEAST" } else { "GREATEST" }, &[a.clone(), b.clone()]);
                Text::call("COALESCE", &[both, a.clone(), b.clone()])
            }
        })
    }

    /// A sum or count over the whole frame less that over the row, its peers, or its peers without itself. The frame has to hold them all.
    fn less(&mut self, expr: &Expr, call: &Window, frame: &Frame, exclude: FrameExclude) -> Result<Text> {
        let holds = matches!(frame.start, FrameBound::UnboundedPreceding | FrameBound::Preceding(_) | FrameBound::CurrentRow)
            && matches!(frame.end, FrameBound::UnboundedFollowing | FrameBound::Following(_) | FrameBound::CurrentRow);
        if !holds {
            return Err(refuse("EXCLUDE in a frame without the current row", expr.position, "Leave EXCLUDE out."));
        }
        let counted = |name: &str, ty: Type, window: Window| {
            let function = Arc::new(Signature { name: name.into(), returns: ty, ..(*call.function).clone() });
            Expr { ty, ..Expr::new(ExprKind::Window(Box::new(Window { function, ..window })), ty, expr.position) }
        };
        let frame = Frame { exclude: FrameExclude::NoOthers, ..frame.clone() };
        let whole = Window { frame: Some(frame), ..call.clone() };
        let peers = |unit: FrameUnit| {
            let frame = Frame { unit, start: FrameBound::CurrentRow, end: FrameBound::CurrentRow, exclude: FrameExclude::NoOthers };
            Window { frame: Some(frame), ..call.clone() }
        };
        let (group, row) = (peers(FrameUnit::Range), peers(FrameUnit::Rows));
        let less = |emitter: &mut Emitter, name: &str, ty: Type| -> Result<Text> {
            let mut text = |window: &Window| -> Result<Text> {
                let printed = emitter.expr(&counted(name, ty, window.clone()))?;
                Ok(if name == "sum" { Text::call("COALESCE", &[printed, Text::atom("0")]) } else { printed })
            };
            let whole = text(&whole)?;
            Ok(match exclude {
                FrameExclude::CurrentRow => Text::infix(&whole, "-", &text(&row)?, Level::Add),
                FrameExclude::Group => Text::infix(&whole, "-", &text(&group)?, Level::Add),
                _ => Text::infix(&Text::infix(&whole, "-", &text(&group)?, Level::Add), "+", &text(&row)?, Level::Add),
            })
        };
        let count = less(self, "count", Type::INT8)?;
        if call.function.name == "count" {
            return Ok(count);
        }
        let sum = less(self, "sum", expr.ty)?;
        Ok(Text::atom(format!("IF({} = 0, NULL, {sum})", count.operand())))
    }
}
