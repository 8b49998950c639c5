; What encloses the cursor: functions, methods, classes.
(function_declaration name: (_) @name body: (_) @body) @scope.function
(generator_function_declaration name: (_) @name body: (_) @body) @scope.function
(variable_declarator name: (_) @name value: (arrow_function body: (_) @body)) @scope.function
(variable_declarator name: (_) @name value: (function_expression body: (_) @body)) @scope.function
(field_definition property: (_) @name value: (arrow_function body: (_) @body)) @scope.method
(method_definition name: (_) @name body: (_) @body) @scope.method
(class_declaration name: (_) @name body: (_) @body) @scope.class
(class body: (_) @body) @scope.class
(arrow_function body: (statement_block) @body) @scope.lambda
(function_expression body: (_) @body) @scope.lambda
