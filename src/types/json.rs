//! json and jsonb: PostgreSQL's canonical text of jsonb.
