; Where names are bound, used, or no variables.
[(body_statement) (block_body) (then) (do) (program)] @local.scope

; In any node
(_ name: (_) @local.member)
(_ key: (_) @local.member)
(_ parameters: (_) @local.definition)
(_ pattern: (_) @local.definition)

; In nodes of one kind
(assignment left: (_) @local.definition)
(operator_assignment left: (_) @local.definition)
(call method: (_) @local.member)
(method_parameters (identifier) @local.definition)
(optional_parameter name: (_) @local.outer)
(keyword_parameter name: (_) @local.outer)
(splat_parameter name: (_) @local.outer)
(hash_splat_parameter name: (_) @local.outer)
(block_parameter name: (_) @local.outer)
(exception_variable (identifier) @local.definition)

; What is defined
(class name: (_) @definition)
(module name: (_) @definition)
(method name: (_) @definition)
(singleton_method name: (_) @definition)

; Keys and names of arguments
(_ key: (_) @key)
