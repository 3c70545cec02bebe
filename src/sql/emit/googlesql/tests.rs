//! Examples of translation over small trees.
