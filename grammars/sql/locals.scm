; Where names are bound, used, or no variables.
[(block) (program)] @local.scope

; In any node
(_ parameter: (_) @local.definition)
(_ alias: (_) @local.definition)
(_ name: (_) @local.member)
(_ type: (_) @local.member)
(_ key: (_) @local.member)

; In nodes of one kind
(assignment left: (_) @local.definition)

; What is defined
(column_definition name: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)

; What is imported from
(_ path: (_) @import.source)
