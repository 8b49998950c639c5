; Where names are bound, used, or no variables.
[(block) (class_body) (source_file)] @local.scope

(variable_declaration . (identifier) @local.definition)
(parameter . (identifier) @local.definition)
(class_parameter (identifier) @local.definition)
(catch_block (identifier) @local.definition)
(assignment left: (_) @local.definition)
(navigation_expression . (_) @local.reference)
(navigation_expression (identifier) @local.member)
(user_type (identifier) @local.none)
(qualified_identifier (identifier) @local.none)
(value_argument . (identifier) @local.reference)

; What is defined
(class_declaration name: (_) @definition)
(object_declaration name: (_) @definition)
(companion_object name: (_) @definition)
(function_declaration name: (_) @definition)
(enum_entry (identifier) @definition)
(_ name: (_) @local.member)
(type_alias type: (_) @definition @local.member)
