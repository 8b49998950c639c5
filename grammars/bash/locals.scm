; Where names are bound, used, or no variables.
[(compound_statement) (program)] @local.scope

; In any node
(_ name: (_) @local.member)

; What is defined
(function_definition name: (_) @definition)
