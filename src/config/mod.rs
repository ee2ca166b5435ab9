//! Settings: defaults < file < environment < flags; presets; keys.
