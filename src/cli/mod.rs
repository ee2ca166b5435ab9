//! The command line: clap definitions, one verb a file, tables and JSON.
