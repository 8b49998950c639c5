; What encloses the cursor: classes and functions.
(namespace_definition name: (_) @name body: (_) @body) @scope.module
(class_declaration name: (_) @name body: (_) @body) @scope.class
(interface_declaration name: (_) @name body: (_) @body) @scope.interface
(trait_declaration name: (_) @name body: (_) @body) @scope.class
(enum_declaration name: (_) @name body: (_) @body) @scope.enum
(method_declaration name: (_) @name body: (_) @body) @scope.method
(function_definition name: (_) @name body: (_) @body) @scope.function
(anonymous_function body: (_) @body) @scope.lambda
