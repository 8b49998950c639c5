; Classes, interfaces, enums, records, annotations, methods, constants.
(class_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(record_declaration name: (_) @name body: (_) @body) @definition.class
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.interface
(method_declaration name: (_) @name body: (_)? @body) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(field_declaration
  (modifiers) @_modifiers
  declarator: (variable_declarator name: (_) @name)
  (#match? @_modifiers "static")
  (#match? @_modifiers "final")) @definition.constant
(constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.constant
