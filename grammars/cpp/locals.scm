; inherits: c
; Where names are bound, used, or no variables.

; In any node
(_ pattern: (_) @local.definition)

; In nodes of one kind
(optional_type_parameter_declaration name: (_) @local.outer)

; What is defined
(alias_declaration name: (_) @definition)
(class_specifier name: (_) @definition)
(concept_definition name: (_) @definition)
(namespace_alias_definition name: (_) @definition)
(namespace_definition name: (_) @definition)
(optional_type_parameter_declaration name: (_) @definition)
(template_function name: (_) @definition)
