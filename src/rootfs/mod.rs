//! The root filesystem: planned as a list of mount steps, carried out by init.
