; Keys of the outermost object and of the objects directly in it.
(document (object (pair key: (string (string_content) @name)) @definition.property))
(document (object (pair value: (object (pair key: (string (string_content) @name)) @definition.property))))
