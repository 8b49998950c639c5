; use A\B; use A\B as C; use A\{B, C}; require_once 'a.php'
(namespace_use_declaration) @import
(namespace_use_clause [(qualified_name) (name)] @path)
(namespace_use_declaration (namespace_name) @path)
(namespace_use_clause (qualified_name (name) @name .))
(namespace_use_clause . (name) @name .)
(namespace_use_clause alias: (name) @name)
[
  (require_once_expression (string) @path)
  (require_expression (string) @path)
  (include_expression (string) @path)
  (include_once_expression (string) @path)
] @import
