//! Text from trees made by hand.
