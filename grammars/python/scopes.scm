; What encloses the cursor: functions and classes.
(function_definition name: (identifier) @name body: (_) @body) @scope.function
(class_definition name: (identifier) @name body: (_) @body) @scope.class
(lambda body: (_) @body) @scope.lambda
