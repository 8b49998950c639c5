; Where names are bound, used, or no variables.
[(compound_statement) (translation_unit)] @local.scope

; In any node
(_ declarator: (_) @local.definition)
(_ parameters: (_) @local.definition)
(_ name: (_) @local.member)
(_ field: (_) @local.member)
(_ label: (_) @local.member)
(_ type: (_) @local.member)

; In nodes of one kind
(abstract_function_declarator declarator: (_) @local.none)
(function_declarator declarator: (_) @local.none)
(function_definition declarator: (_) @local.none)
(assignment_expression left: (_) @local.definition)

; What is defined
(enum_specifier name: (_) @definition)
(enumerator name: (_) @definition)
(macro_type_specifier name: (_) @definition)
(preproc_function_def name: (_) @definition)
(abstract_function_declarator declarator: (_) @definition)
(function_declarator declarator: (_) @definition)
(function_definition declarator: (_) @definition)

; Keys and names of arguments
(attribute name: (_) @key)

; What is imported from
(_ path: (_) @import.source)
