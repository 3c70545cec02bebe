//! A path as its output function writes it (jsonpath.c, `printJsonPathItem`).

use super::parse::{Node, Path, Step};
use crate::types::json::quote;

/// Writes a path.
pub(super) fn print(path: &Path) -> String {
    let mut out = String::new();
    if path.strict {
        out.push_str("strict ");
    }
    node(&path.root, true, &mut out);
    out
}

/// How tight an operator binds; whatever is none binds tightest.
fn priority(node: &Node) -> u8 {
    match head(node) {
        Node::Or(..) => 0,
        Node::And(..) => 1,
        Node::Compare(..) | Node::StartsWith(..) => 2,
        Node::Arithmetic('+' | '-', ..) => 3,
        Node::Arithmetic(..) => 4,
        sign @ Node::Sign(..) if number(sign).is_none() => 5,
        _ => 6,
    }
}

/// What the steps of a path begin with.
fn head(node: &Node) -> &Node {
    match node {
        Node::Access(inner, _) => head(inner),
        node => node,
    }
}

/// The text of a number; its signs are part of it.
fn number(node: &Node) -> Option<String> {
    match node {
        Node::Constant(text) if text.starts_with(|c: char| c.is_ascii_digit()) => Some(text.clone()),
        Node::Sign('+', inner) => number(inner),
        Node::Sign(_, inner) => number(inner).map(|text| match text.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None if text.bytes().all(|byte| matches!(byte, b'0' | b'.')) => text,
            None => format!("-{text}"),
        }),
        _ => None,
    }
}

fn node(this: &Node, brackets: bool, out: &mut String) {
    let infix = |left: &Node, name: &str, right: &Node, out: &mut String| {
        enclosed(brackets, out, |out| {
            node(left, priority(left) <= priority(this), out);
            out.push_str(&format!(" {name} "));
            node(right, priority(right) <= priority(this), out);
        });
    };
    match this {
        Node::Root => out.push('$'),
        Node::Current => out.push('@'),
        Node::Last => out.push_str("last"),
        Node::Variable(name) => {
            out.push('$');
            quote(name, out);
        }
        Node::Constant(text) => out.push_str(text),
        // A number would take the point for its own.
        Node::Access(inner, last) => {
            match number(inner) {
                Some(text) => out.push_str(&format!("({text})")),
                None => node(inner, brackets, out),
            }
            step(last, out);
        }
        Node::Sign(..) if number(this).is_some() => out.push_str(&number(this).unwrap_or_default()),
        Node::Sign(sign, inner) => enclosed(brackets, out, |out| {
            out.push(*sign);
            node(inner, priority(inner) <= priority(this), out);
        }),
        Node::Arithmetic(sign, left, right) => infix(left, sign.encode_utf8(&mut [0; 4]), right, out),
        Node::Compare(name, left, right) => infix(left, name, right, out),
        Node::And(left, right) => infix(left, "&&", right, out),
        Node::Or(left, right) => infix(left, "||", right, out),
        Node::StartsWith(left, right) => infix(left, "starts with", right, out),
        Node::Not(inner) => around("!(", inner, ")", out),
        Node::IsUnknown(inner) => around("(", inner, ") is unknown", out),
        Node::Exists(inner) => around("exists (", inner, ")", out),
        Node::LikeRegex(left, pattern, flags) => enclosed(brackets, out, |out| {
            node(left, priority(left) <= priority(this), out);
            out.push_str(" like_regex ");
            quote(pattern, out);
            let flags: String = "ismxq".chars().filter(|flag| flags.contains(*flag)).collect();
            if !flags.is_empty() {
                out.push_str(&format!(" flag \"{flags}\""));
            }
        }),
    }
}

fn step(step: &Step, out: &mut String) {
    match step {
        Step::Member(name) => {
            out.push('.');
            quote(name, out);
        }
        Step::AnyMember => out.push_str(".*"),
        Step::AnyElement => out.push_str("[*]"),
        Step::Deep(from, to) => out.push_str(&format!(".**{}", levels(*from, *to))),
        Step::Elements(list) => {
            out.push('[');
            for (i, (from, to)) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                node(from, false, out);
                if let Some(to) = to {
                    out.push_str(" to ");
                    node(to, false, out);
                }
            }
            out.push(']');
        }
        Step::Filter(inner) => around("?(", inner, ")", out),
        Step::Method(name) => out.push_str(&format!(".{name}()")),
        Step::Datetime(template) => {
            out.push_str(".datetime(");
            if let Some(template) = template {
                quote(template, out);
            }
            out.push(')');
        }
    }
}

fn levels(from: u32, to: u32) -> String {
    let shown = |level: u32| if level == u32::MAX { "last".to_owned() } else { level.to_string() };
    match (from, to) {
        (0, u32::MAX) => String::new(),
        (from, to) if from == to => format!("{{{}}}", shown(from)),
        (from, to) => format!("{{{} to {}}}", shown(from), shown(to)),
    }
}

fn around(open: &str, inner: &Node, close: &str, out: &mut String) {
    out.push_str(open);
    node(inner, false, out);
    out.push_str(close);
}

fn enclosed(brackets: bool, out: &mut String, write: impl FnOnce(&mut String)) {
    if brackets {
        out.push('(');
    }
    write(out);
    if brackets {
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_postgresql_writes_them() {
        for (text, written) in [
            ("$.a", r#"$."a""#),
            ("strict $.a[*].*", r#"strict $."a"[*].*"#),
            ("$[1 to last, 2]", "$[1 to last,2]"),
            ("$.a + 1 * -2", r#"($."a" + 1 * -2)"#),
            ("($.a + 1) * 2", r#"(($."a" + 1) * 2)"#),
            ("-$.a", r#"(-$."a")"#),
            ("-$.a.b", r#"(-$."a"."b")"#),
            ("(-$.a).b", r#"(-$."a")."b""#),
            ("$ ? (@.a > 1 && !(@.b == \"x\") || exists(@.c))", r#"$?(@."a" > 1 && !(@."b" == "x") || exists (@."c"))"#),
            ("$.** {2 to last}.a.type()", r#"$.**{2 to last}."a".type()"#),
            ("$ ? (@ like_regex \"^a\" flag \"qi\")", r#"$?(@ like_regex "^a" flag "iq")"#),
            ("($.a == 1) is unknown", r#"($."a" == 1) is unknown"#),
            ("$x.datetime(\"YYYY\")", r#"$"x".datetime("YYYY")"#),
            ("1.50e1", "15.0"),
            ("$.a/+-1", r#"($."a" / -1)"#),
            ("(1.5).type()", "(1.5).type()"),
        ] {
            assert_eq!(print(&super::super::parse::parse(text).expect(text)), written, "{text}");
        }
    }
}
