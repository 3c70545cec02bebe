//! What kind of statement: read, session, transaction, explain, or refused.
