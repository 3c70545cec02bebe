//! Replaces what a session or the clock says (`now()`, `current_user`, ...) by constants, so that the rest is a function of its text.
