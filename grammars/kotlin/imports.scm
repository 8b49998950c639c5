; import a.b.C, import a.b.*, import a.b.C as D
(import (qualified_identifier) @path) @import
(import (qualified_identifier (identifier) @name .) .)
(import "*" @name)
(import "as" (identifier) @name)
