; import "a/b"; import (c "d/e")
(import_declaration) @import
(import_spec path: (_) @path)
(import_spec name: (_) @name)
