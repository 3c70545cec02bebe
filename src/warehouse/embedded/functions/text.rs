//! text.

use super::Scalar;

pub(super) fn functions() -> Vec<Scalar> {
    Vec::new()
}
