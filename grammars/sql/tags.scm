; Tables, views, functions, indexes, types, triggers, schemas, sequences. Of a list of names, the first is the one created.
(create_table . (keyword_create) (object_reference) @name (column_definitions)? @body) @definition.table
(create_view (object_reference) @name (create_query) @body) @definition.view
(create_materialized_view (object_reference) @name (create_query) @body) @definition.view
(create_function . (keyword_create) (object_reference) @name (function_body)? @body) @definition.function
(create_index column: (identifier) @name) @definition.index
(create_type (object_reference) @name) @definition.type
(create_trigger . (keyword_create) (object_reference) @name) @definition.trigger
(create_schema (identifier) @name) @definition.schema
(create_sequence (object_reference) @name) @definition.sequence
(cte . (identifier) @name (statement) @body) @definition.query
