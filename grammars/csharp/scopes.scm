; What encloses the cursor: namespaces, types and methods.
(namespace_declaration name: (_) @name body: (_) @body) @scope.module
(class_declaration name: (_) @name body: (_) @body) @scope.class
(struct_declaration name: (_) @name body: (_) @body) @scope.class
(record_declaration name: (_) @name body: (_) @body) @scope.class
(interface_declaration name: (_) @name body: (_) @body) @scope.interface
(enum_declaration name: (_) @name body: (_) @body) @scope.enum
(method_declaration name: (_) @name body: (_) @body) @scope.method
(constructor_declaration name: (_) @name body: (_) @body) @scope.method
(local_function_statement name: (_) @name body: (_) @body) @scope.function
(property_declaration name: (_) @name accessors: (_) @body) @scope.method
(lambda_expression body: (block) @body) @scope.lambda
