//! PostgreSQL's output functions: values to text, written straight into a buffer.
