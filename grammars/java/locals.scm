; Where names are bound, used, or no variables.
[(block) (program)] @local.scope

; In any node
(_ pattern: (_) @local.definition)
(_ declarator: (_) @local.definition)
(_ parameters: (_) @local.definition)
(_ name: (_) @local.member)
(_ field: (_) @local.member)
(_ type: (_) @local.member)
(_ key: (_) @local.member)

; In nodes of one kind
(assignment_expression left: (_) @local.definition)
(catch_formal_parameter name: (_) @local.outer)
(enhanced_for_statement name: (_) @local.definition)
(formal_parameter name: (_) @local.outer)
(variable_declarator name: (_) @local.definition)

; What is defined
(annotation_type_declaration name: (_) @definition)
(annotation_type_element_declaration name: (_) @definition)
(class_declaration name: (_) @definition)
(compact_constructor_declaration name: (_) @definition)
(constructor_declaration name: (_) @definition)
(enum_constant name: (_) @definition)
(enum_declaration name: (_) @definition)
(interface_declaration name: (_) @definition)
(method_declaration name: (_) @definition)
(module_declaration name: (_) @definition)
(record_declaration name: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)
