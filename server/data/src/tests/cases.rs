//! Sources of each kind with the schema that they describe.
