//! Queries bound against a small catalog.
