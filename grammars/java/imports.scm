; package a.b; import c.D; import static c.D.e; import c.*
(import_declaration (scoped_identifier) @path) @import
(import_declaration (scoped_identifier name: (_) @name) .)
(import_declaration (asterisk) @name)
