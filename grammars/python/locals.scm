; Where names are bound, used, or no variables.
[(block) (module)] @local.scope

; In any node
(_ parameters: (_) @local.definition)
(_ alias: (_) @local.definition)
(_ name: (_) @local.member)
(_ attribute: (_) @local.member)
(_ type: (_) @local.member)
(_ key: (_) @local.member)

; In nodes of one kind
(assignment left: (_) @local.definition)
(augmented_assignment left: (_) @local.definition)
(for_in_clause left: (_) @local.definition)
(for_statement left: (_) @local.definition)
(default_parameter name: (_) @local.outer)
(named_expression name: (_) @local.definition)
(typed_default_parameter name: (_) @local.outer)

; What is defined
(class_definition name: (_) @definition)
(function_definition name: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)
(keyword_argument name: (_) @key)

; What is imported from
(_ module_name: (_) @import.source)
