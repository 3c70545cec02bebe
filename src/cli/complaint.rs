//! A report as psql shows it: the line, a caret under the position, detail and hint.

use std::fmt::Write as _;

use crate::error::Report;

/// The widest piece of a line that is shown around the position.
const WIDTH: usize = 110;

/// Writes a report about a text.
pub fn shown(text: &str, report: &Report) -> String {
    let mut out = format!("ERROR:  {}: {}\n", report.sqlstate.0, report.message);
    if let Some((line, column)) = place(text, report) {
        let whole: Vec<char> = text.lines().nth(line - 1).unwrap_or_default().chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        let at = column - 1;
        let from = if whole.len() > WIDTH { at.saturating_sub(WIDTH / 2).min(whole.len().saturating_sub(WIDTH)) } else { 0 };
        let to = whole.len().min(from + WIDTH);
        let (head, tail) = (if from > 0 { "..." } else { "" }, if to < whole.len() { "..." } else { "" });
        let label = format!("LINE {line}: {head}");
        let piece: String = whole[from..to].iter().collect();
        let _ = writeln!(out, "{label}{piece}{tail}");
        let _ = writeln!(out, "{}^", " ".repeat(label.chars().count() + at - from));
    }
    for (name, more) in [("DETAIL", &report.detail), ("HINT", &report.hint)] {
        if let Some(more) = more {
            let _ = writeln!(out, "{name}:  {more}");
        }
    }
    out
}

/// Returns the line and column of a report's position, both from 1.
pub fn place(text: &str, report: &Report) -> Option<(usize, usize)> {
    let before: Vec<char> = text.chars().take(usize::try_from(report.position?).ok()?.checked_sub(1)?).collect();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SqlState;

    #[test]
    fn the_caret_stands_under_the_position() {
        let report = Report::new(SqlState::UNDEFINED_COLUMN, "column \"amout\" does not exist").hint("Perhaps you meant \"amount\".");
        assert_eq!(
            shown("SELECT 'é',\n  amout FROM orders", &report.clone().at(Some(15))),
            "ERROR:  42703: column \"amout\" does not exist\nLINE 2:   amout FROM orders\n          ^\nHINT:  Perhaps you meant \"amount\".\n"
        );
        assert_eq!(shown("x", &Report::new(SqlState::SYNTAX_ERROR, "no place")), "ERROR:  42601: no place\n");
        let end = Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input").at(Some(7));
        assert!(shown("SELECT", &end).ends_with("LINE 1: SELECT\n              ^\n"));
        let long = format!("SELECT {}, nope, {}", "1, ".repeat(100), "2, ".repeat(100));
        let at = u32::try_from(long.find("nope").unwrap() + 1).unwrap();
        let lines = shown(&long, &report.at(Some(at)));
        let lines: Vec<&str> = lines.lines().collect();
        assert!(lines[1].starts_with("LINE 1: ...") && lines[1].ends_with("..."));
        assert_eq!(&lines[1][lines[2].find('^').unwrap()..][..4], "nope");
    }
}
