; inherits: javascript
; What the nodes are, and what children are to their parents.

; Names
[(nested_identifier) (nested_type_identifier) (type_identifier)] @name
(type_identifier) @name.any
(type_identifier) @identifier.type

; Functions and types
(interface_declaration) @interface
(enum_declaration) @enum
[(interface_declaration) (type_alias_declaration)] @type.definition
(type_parameters) @parameters
[(optional_parameter) (required_parameter) (type_parameter)] @parameter

; Statements
[(import_alias) (import_require_clause)] @import.names
[(internal_module) (ambient_declaration)] @namespace

; Expressions
(non_null_expression) @non_null
(type_query) @unevaluated

; Declarations and patterns
[(required_parameter) (optional_parameter) (public_field_definition)] @declares
(required_parameter) @declares.open
(public_field_definition) @field

; Parts
(public_field_definition name: (_) @name)
