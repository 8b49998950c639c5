; import a.b, c as d; from .x import y as z, w; from x import *
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
(import_statement name: (dotted_name) @path)
(import_statement name: (aliased_import name: (dotted_name) @path))
(import_from_statement module_name: (_) @path)
(import_from_statement name: (dotted_name) @name)
(import_from_statement name: (aliased_import name: (dotted_name) @name))
(aliased_import alias: (identifier) @name)
(future_import_statement name: (dotted_name) @name)
(wildcard_import) @name
