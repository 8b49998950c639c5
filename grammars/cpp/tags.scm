; Methods, classes, namespaces, concepts and aliases; the rest is C's.
(field_declaration_list
  (function_definition declarator: (function_declarator declarator: (_) @name) body: (_) @body) @definition.method)
(field_declaration_list
  (function_definition declarator: (_ (function_declarator declarator: (_) @name)) body: (_) @body) @definition.method)
(field_declaration_list
  (field_declaration declarator: (function_declarator declarator: (field_identifier) @name)) @definition.method)
(field_declaration_list
  (field_declaration declarator: (_ (function_declarator declarator: (field_identifier) @name))) @definition.method)
(function_definition
  declarator: (function_declarator declarator: (qualified_identifier) @name) body: (_) @body) @definition.method
(function_definition
  declarator: (_ (function_declarator declarator: (qualified_identifier) @name)) body: (_) @body) @definition.method
(function_definition
  declarator: (reference_declarator (function_declarator declarator: (_) @name)) body: (_) @body) @definition.function
(class_specifier name: (_) @name body: (_) @body) @definition.class
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type
