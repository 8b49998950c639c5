; What encloses the cursor: functions, methods, types.
(function_declaration name: (_) @name body: (_) @body) @scope.function
(method_declaration name: (_) @name body: (_) @body) @scope.method
(type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @scope.struct
(type_spec name: (_) @name type: (interface_type) @body) @scope.interface
(func_literal body: (_) @body) @scope.lambda
