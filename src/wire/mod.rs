//! The PostgreSQL protocol: bytes to messages and rows to bytes.
