; Where names are bound, used, or no variables.
[(block) (source_file)] @local.scope

; In any node
(_ pattern: (_) @local.definition)
(_ parameters: (_) @local.definition)
(_ alias: (_) @local.definition)
(_ name: (_) @local.member)
(_ field: (_) @local.member)
(_ type: (_) @local.member)

; In nodes of one kind
(assignment_expression left: (_) @local.definition)
(compound_assignment_expr left: (_) @local.definition)
(const_parameter name: (_) @local.outer)
(lifetime_parameter name: (_) @local.outer)
(type_parameter name: (_) @local.outer)

; What is defined
(const_item name: (_) @definition)
(enum_item name: (_) @definition)
(enum_variant name: (_) @definition)
(extern_crate_declaration name: (_) @definition)
(field_declaration name: (_) @definition)
(function_item name: (_) @definition)
(function_signature_item name: (_) @definition)
(macro_definition name: (_) @definition)
(mod_item name: (_) @definition)
(static_item name: (_) @definition)
(struct_item name: (_) @definition)
(trait_item name: (_) @definition)
(type_item name: (_) @definition)
(union_item name: (_) @definition)

; What is imported from
(_ path: (_) @import.source)
