//! Text to statements with positions (crate sqlparser).
