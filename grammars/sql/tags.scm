; Tables, views, functions, indexes, types.
(create_table (object_reference) @name) @definition.table
