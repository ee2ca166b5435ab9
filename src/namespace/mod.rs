//! Namespaces: which ones a container gets, and joining them.
