//! Constants, parameters and casts as PostgreSQL 15 treats them.

use super::*;
