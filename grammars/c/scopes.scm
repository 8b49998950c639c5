; What encloses the cursor: functions and types.
(function_definition declarator: (function_declarator declarator: (_) @name) body: (_) @body) @scope.function
(function_definition declarator: (_ declarator: (function_declarator declarator: (_) @name)) body: (_) @body) @scope.function
(function_definition
  declarator: (_ declarator: (_ declarator: (function_declarator declarator: (_) @name))) body: (_) @body) @scope.function
(struct_specifier name: (_)? @name body: (_) @body) @scope.struct
(union_specifier name: (_)? @name body: (_) @body) @scope.struct
(enum_specifier name: (_)? @name body: (_) @body) @scope.enum
