; Where names are bound, used, or no variables.
[(compound_statement) (declaration_list) (program)] @local.scope

; In any node
(_ name: (_) @local.member)
(_ alias: (_) @local.definition)

; In nodes of one kind
(assignment_expression left: (_) @local.definition)
(reference_assignment_expression left: (_) @local.definition)
(augmented_assignment_expression left: (_) @local.definition)
(simple_parameter name: (_) @local.definition)
(variadic_parameter name: (_) @local.definition)
(property_promotion_parameter name: (_) @local.definition)
(static_variable_declaration name: (_) @local.definition)
(catch_clause name: (_) @local.definition)
(foreach_statement (pair) @local.definition)
(foreach_statement (list_literal) @local.definition)
(anonymous_function_use_clause (variable_name) @local.definition)

; What is defined
(class_declaration name: (_) @definition)
(interface_declaration name: (_) @definition)
(trait_declaration name: (_) @definition)
(enum_declaration name: (_) @definition)
(enum_case name: (_) @definition)
(function_definition name: (_) @definition)
(method_declaration name: (_) @definition)
(property_element name: (_) @definition)

; Keys and names of arguments
(argument name: (_) @key)
