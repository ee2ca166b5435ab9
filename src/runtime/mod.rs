//! All that runs after a fork: launcher, supervisor, init, exec, console.
