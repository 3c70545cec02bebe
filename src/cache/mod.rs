//! The second question costs nothing: results kept by proof of equality.
