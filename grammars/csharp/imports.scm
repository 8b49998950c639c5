; using A.B; using static A.C; using D = A.E;
(using_directive . (qualified_name) @path) @import
(using_directive . (identifier) @path .) @import
(using_directive "static" (_) @path) @import
(using_directive name: (identifier) @name (_) @path) @import
(using_directive (qualified_name name: (_) @name) .)
