; What encloses the cursor: types and methods.
(class_declaration name: (_) @name body: (_) @body) @scope.class
(interface_declaration name: (_) @name body: (_) @body) @scope.interface
(enum_declaration name: (_) @name body: (_) @body) @scope.enum
(record_declaration name: (_) @name body: (_) @body) @scope.class
(annotation_type_declaration name: (_) @name body: (_) @body) @scope.interface
(method_declaration name: (_) @name body: (_) @body) @scope.method
(constructor_declaration name: (_) @name body: (_) @body) @scope.method
(lambda_expression body: (block) @body) @scope.lambda
