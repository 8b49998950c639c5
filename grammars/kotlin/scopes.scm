; What encloses the cursor: classes, objects and functions.
(class_declaration name: (_) @name (class_body) @body) @scope.class
(class_declaration name: (_) @name (enum_class_body) @body) @scope.enum
(object_declaration name: (_) @name (class_body) @body) @scope.class
(companion_object (class_body) @body) @scope.class
(class_body (function_declaration name: (_) @name (function_body) @body) @scope.method)
(function_declaration name: (_) @name (function_body) @body) @scope.function
(secondary_constructor (block) @body) @scope.method
(anonymous_initializer (block) @body) @scope.method
(anonymous_function (function_body) @body) @scope.lambda
