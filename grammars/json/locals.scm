; Where names are bound, used, or no variables.

; In any node
(_ key: (_) @local.member)

; Keys and names of arguments
(_ key: (_) @key)
