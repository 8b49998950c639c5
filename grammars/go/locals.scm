; Where names are bound, used, or no variables.
[(block) (source_file)] @local.scope

; In any node
(_ parameters: (_) @local.definition)
(_ alias: (_) @local.definition)
(_ name: (_) @local.member)
(_ field: (_) @local.member)
(_ label: (_) @local.member)
(_ type: (_) @local.member)
(_ key: (_) @local.member)

; In nodes of one kind
(assignment_statement left: (_) @local.definition)
(range_clause left: (_) @local.definition)
(short_var_declaration left: (_) @local.definition)
(parameter_declaration name: (_) @local.outer)
(type_parameter_declaration name: (_) @local.outer)
(var_spec name: (_) @local.definition)
(variadic_parameter_declaration name: (_) @local.outer)

; What is defined
(const_spec name: (_) @definition)
(field_declaration name: (_) @definition)
(function_declaration name: (_) @definition)
(method_declaration name: (_) @definition)
(parameter_declaration name: (_) @definition)
(type_parameter_declaration name: (_) @definition)
(type_spec name: (_) @definition)
(variadic_parameter_declaration name: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)

; What is imported from
(_ path: (_) @import.source)
