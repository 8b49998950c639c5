; inherits: c
; What the nodes are, and what children are to their parents.

; Names
[(namespace_identifier) (qualified_identifier)] @name
(namespace_identifier) @name.any
(this) @identifier.this

; Functions and types
(lambda_expression) @function
(lambda_expression) @function.lambda
(class_specifier) @class
(class_specifier) @class.scope
[(class_specifier) (alias_declaration)] @type.definition

; Statements
(for_range_loop) @loop
(for_range_loop) @loop.each
(try_statement) @try
(throw_statement) @throw

; Expressions
(new_expression) @new
(condition_clause) @condition
[(decltype) (noexcept) (requires_clause) (requires_expression)] @unevaluated

; Literals
(raw_string_literal) @string.raw

; Declarations and patterns
[(optional_parameter_declaration) (variadic_parameter_declaration) (for_range_loop)] @declares
(variadic_parameter_declaration) @declarator.list
(reference_declarator) @declarator.wrapper
(alias_declaration) @declares.typed

; Preprocessor, templates, comments
(template_argument_list) @template.arguments
(operator_name) @operator.name
(operator_cast) @operator.cast

; Parts
(subscript_expression indices: (_) @indices)
