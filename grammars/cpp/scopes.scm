; Classes, namespaces and lambdas; the rest is C's.
(class_specifier name: (_)? @name body: (_) @body) @scope.class
(namespace_definition name: (_)? @name body: (_) @body) @scope.module
(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name)) body: (_) @body) @scope.function
(lambda_expression body: (_) @body) @scope.lambda
