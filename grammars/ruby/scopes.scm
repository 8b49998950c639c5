; What encloses the cursor: classes, modules and methods.
(class name: (_) @name body: (_) @body) @scope.class
(module name: (_) @name body: (_) @body) @scope.module
(method name: (_) @name body: (_) @body) @scope.method
(singleton_method name: (_) @name body: (_) @body) @scope.method
(lambda body: (_) @body) @scope.lambda
