; What encloses the cursor: functions, methods, classes, interfaces, enums, namespaces.
(function_declaration name: (_) @name body: (_) @body) @scope.function
(generator_function_declaration name: (_) @name body: (_) @body) @scope.function
(variable_declarator name: (_) @name value: (arrow_function body: (_) @body)) @scope.function
(variable_declarator name: (_) @name value: (function_expression body: (_) @body)) @scope.function
(public_field_definition name: (_) @name value: (arrow_function body: (_) @body)) @scope.method
(method_definition name: (_) @name body: (_) @body) @scope.method
(class_declaration name: (_) @name body: (_) @body) @scope.class
(class body: (_) @body) @scope.class
(arrow_function body: (statement_block) @body) @scope.lambda
(function_expression body: (_) @body) @scope.lambda
(abstract_class_declaration name: (_) @name body: (_) @body) @scope.class
(interface_declaration name: (_) @name body: (_) @body) @scope.interface
(enum_declaration name: (_) @name body: (_) @body) @scope.enum
(internal_module name: (_) @name body: (_) @body) @scope.module
(module name: (_) @name body: (_) @body) @scope.module
