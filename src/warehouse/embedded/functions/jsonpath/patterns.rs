//! The regular expressions of a path: `like_regex "pattern" flag "i"`.

use super::super::regex::{Need, compile};
use super::parse::{Node, Step};
use crate::error::{Report, Result, SqlState};

/// Compiles the patterns of a path, so that a wrong one is told before any value is looked at.
pub(super) fn check_patterns(node: &Node) -> Result<()> {
    match node {
        Node::LikeRegex(left, pattern, flags) => {
            compile(pattern, &regex_flags(flags)?, Need::Match)?;
            check_patterns(left)
        }
        Node::Access(inner, Step::Filter(condition)) => check_patterns(inner).and_then(|()| check_patterns(condition)),
        Node::Access(inner, _) | Node::Sign(_, inner) | Node::Not(inner) | Node::IsUnknown(inner) | Node::Exists(inner) => {
            check_patterns(inner)
        }
        Node::Arithmetic(_, left, right)
        | Node::Compare(_, left, right)
        | Node::And(left, right)
        | Node::Or(left, right)
        | Node::StartsWith(left, right) => check_patterns(left).and_then(|()| check_patterns(right)),
        Node::Root | Node::Current | Node::Last | Node::Variable(_) | Node::Constant(_) => Ok(()),
    }
}

/// The flags of a pattern as the engine of regular expressions spells them.
pub(super) fn regex_flags(flags: &str) -> Result<String> {
    let mut own = String::new();
    // Without `s` the point leaves newlines out, with `m` the anchors match at lines.
    own.push_str(match (flags.contains('s'), flags.contains('m')) {
        (false, false) => "p",
        (false, true) => "n",
        (true, true) => "w",
        (true, false) => "",
    });
    for flag in flags.chars() {
        match flag {
            'i' => own.push('i'),
            's' | 'm' => {}
            'q' => own.push('q'),
            'x' if flags.contains('q') => {}
            'x' => {
                let message = "XQuery \"x\" flag (expanded regular expressions) is not implemented";
                return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message));
            }
            _ => {
                return Err(Report::new(SqlState::SYNTAX_ERROR, "invalid input syntax for type jsonpath")
                    .detail(format!("Unrecognized flag character \"{flag}\" in LIKE_REGEX predicate.")));
            }
        }
    }
    Ok(own)
}
