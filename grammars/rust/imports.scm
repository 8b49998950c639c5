; use a::b, use a::{b, c as d, e::*}, extern crate a
(use_declaration argument: (_) @path) @import
(extern_crate_declaration name: (_) @path) @import
(use_declaration argument: (identifier) @name)
(use_declaration argument: (scoped_identifier name: (_) @name))
(use_list (identifier) @name)
(use_list (scoped_identifier name: (_) @name))
(use_as_clause alias: (_) @name)
(extern_crate_declaration alias: (_) @name)
