; What encloses the cursor: functions.
(function_definition name: (word) @name body: (_) @body) @scope.function
