//! Detection on recorded hosts.
