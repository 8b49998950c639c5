; What encloses the cursor: one statement.
(create_table (object_reference) @name (column_definitions) @body) @scope.table
