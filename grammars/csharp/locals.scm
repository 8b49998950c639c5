; Where names are bound, used, or no variables.
[(block) (compilation_unit) (declaration_list)] @local.scope

; In any node
(_ name: (_) @local.member)
(_ type: (_) @local.member)
(_ returns: (_) @local.member)
(_ alias: (_) @local.member)

; In nodes of one kind
(assignment_expression left: (_) @local.definition)
(foreach_statement left: (_) @local.definition)
(variable_declarator name: (_) @local.definition)
(parameter name: (_) @local.definition)
(parameter_list name: (_) @local.definition)
(bracketed_parameter_list name: (_) @local.definition)
(lambda_expression parameters: (implicit_parameter) @local.definition)
(declaration_expression name: (_) @local.definition)
(declaration_pattern name: (_) @local.definition)
(tuple_pattern name: (_) @local.definition)
(catch_declaration name: (_) @local.definition)
(member_access_expression name: (_) @local.member)

; What is defined
(class_declaration name: (_) @definition)
(struct_declaration name: (_) @definition)
(record_declaration name: (_) @definition)
(interface_declaration name: (_) @definition)
(enum_declaration name: (_) @definition)
(enum_member_declaration name: (_) @definition)
(delegate_declaration name: (_) @definition)
(method_declaration name: (_) @definition)
(constructor_declaration name: (_) @definition)
(local_function_statement name: (_) @definition)
(property_declaration name: (_) @definition)

; Keys and names of arguments
(argument name: (_) @key)
(attribute_argument name: (_) @key)
