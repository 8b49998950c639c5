; Classes, objects, functions, constants, type aliases.
(class_body (function_declaration name: (_) @name (function_body)? @body) @definition.method)
(function_declaration name: (_) @name (function_body)? @body) @definition.function
(class_declaration name: (_) @name [(class_body) (enum_class_body)]? @body) @definition.class
(object_declaration name: (_) @name (class_body)? @body) @definition.class
(type_alias type: (_) @name) @definition.type
(source_file
  (property_declaration (variable_declaration . (identifier) @name)) @definition.constant
  (#match? @name "^[A-Z][A-Z0-9_]*$"))
(companion_object
  (class_body
    (property_declaration (variable_declaration . (identifier) @name)) @definition.constant)
  (#match? @name "^[A-Z][A-Z0-9_]*$"))
