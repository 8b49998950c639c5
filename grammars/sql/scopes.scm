; What encloses the cursor: the statements that create something, and named queries.
(create_table (object_reference) @name (column_definitions) @body) @scope.table
(create_view (object_reference) @name (create_query) @body) @scope.view
(create_materialized_view (object_reference) @name (create_query) @body) @scope.view
(create_function . (keyword_create) (object_reference) @name (function_body) @body) @scope.function
(cte . (identifier) @name (statement) @body) @scope.query
