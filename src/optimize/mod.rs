//! Rules that make a bound query cheaper or safer, one a file.
