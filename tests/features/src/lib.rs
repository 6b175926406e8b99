//! Nothing: the package has features of others only.
