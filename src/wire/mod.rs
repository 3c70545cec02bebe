//! The PostgreSQL protocol: bytes to messages, Arrow rows to bytes. Knows nothing of SQL.

pub mod rows;
