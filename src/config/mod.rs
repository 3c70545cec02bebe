//! Settings of every module, from file, environment and flags, checked once.
