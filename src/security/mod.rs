//! What a container may do: capabilities and no_new_privs.
