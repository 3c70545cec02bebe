//! Names and types: the parser's tree to the bound tree.
