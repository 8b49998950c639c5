; inherits: javascript
; Where names are bound, used, or no variables.

; In any node
(_ type: (_) @local.member)

; In nodes of one kind
(optional_parameter name: (_) @local.outer)
(required_parameter name: (_) @local.outer)
(type_parameter name: (_) @local.outer)

; What is defined
(abstract_class_declaration name: (_) @definition)
(abstract_method_signature name: (_) @definition)
(enum_assignment name: (_) @definition)
(enum_body name: (_) @definition)
(enum_declaration name: (_) @definition)
(function_signature name: (_) @definition)
(index_signature name: (_) @definition)
(interface_declaration name: (_) @definition)
(method_signature name: (_) @definition)
(property_signature name: (_) @definition)
(public_field_definition name: (_) @definition)
(type_alias_declaration name: (_) @definition)
