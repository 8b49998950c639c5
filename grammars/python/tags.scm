; Functions, methods, classes, module constants and type aliases.
(class_definition
  body: (block (function_definition name: (identifier) @name body: (_) @body) @definition.method))
(class_definition
  body: (block (decorated_definition
    definition: (function_definition name: (identifier) @name body: (_) @body) @definition.method)))
(function_definition name: (identifier) @name body: (_) @body) @definition.function
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(module (expression_statement (assignment left: (identifier) @name) @definition.constant)
  (#match? @name "^_*[A-Z][A-Z0-9_]*$"))
(type_alias_statement left: (type) @name) @definition.type
