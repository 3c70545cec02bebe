//! Text to values; every expected value was printed by PostgreSQL 15.

use super::*;
