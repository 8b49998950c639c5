; Where names are bound, used, or no variables.
[(statement_block) (program)] @local.scope

; In any node
(_ pattern: (_) @local.definition)
(_ parameters: (_) @local.definition)
(_ parameter: (_) @local.definition)
(_ alias: (_) @local.definition)
(_ name: (_) @local.member)
(_ attribute: (_) @local.member)
(_ property: (_) @local.member)
(_ label: (_) @local.member)
(_ key: (_) @local.member)

; In nodes of one kind
(assignment_expression left: (_) @local.definition)
(assignment_pattern left: (_) @local.definition)
(augmented_assignment_expression left: (_) @local.definition)
(for_in_statement left: (_) @local.definition)
(object_assignment_pattern left: (_) @local.definition)
(variable_declarator name: (_) @local.definition)

; What is defined
(class name: (_) @definition)
(class_declaration name: (_) @definition)
(function_declaration name: (_) @definition)
(function_expression name: (_) @definition)
(generator_function name: (_) @definition)
(generator_function_declaration name: (_) @definition)
(method_definition name: (_) @definition)
(field_definition property: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)

; What is imported from
(_ source: (_) @import.source)
