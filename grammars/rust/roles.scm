; What the nodes are, and what children are to their parents.

; Names
[
  (field_identifier) (identifier) (scoped_identifier) (scoped_type_identifier)
  (shorthand_field_identifier) (type_identifier)
] @name
[(field_identifier) (identifier) (shorthand_field_identifier) (type_identifier)] @name.any
(identifier) @identifier
(field_identifier) @identifier.member
(type_identifier) @identifier.type
(self) @identifier.this

; Functions and types
[(function_item) (closure_expression)] @function
(function_item) @function.named
(closure_expression) @function.lambda
(impl_item) @class.scope
[(struct_item) (type_item)] @type.definition
[(attribute) (attribute_item)] @attribute
[(closure_parameters) (parameters) (type_parameters)] @parameters
[
  (const_parameter) (lifetime_parameter) (parameter) (self_parameter) (type_parameter)
  (variadic_parameter)
] @parameter

; Statements
(block) @block
(if_expression) @if
(else_clause) @if.else
(match_expression) @match
[(for_expression) (while_expression) (loop_expression)] @loop
(for_expression) @loop.each
(while_expression) @loop.while
(empty_statement) @nothing
(expression_statement) @expression.statement
(use_declaration) @import.names

; Expressions
(call_expression) @call
(macro_invocation) @macro
(token_tree) @macro.tokens
(generic_function) @call.generic
(arguments) @arguments
(field_expression) @member
(index_expression) @index
(range_expression) @range
(reference_expression) @reference
(binary_expression) @binary
(unary_expression) @unary
(parenthesized_expression) @parenthesized
(await_expression) @await
(yield_expression) @yield
(assignment_expression) @assignment
(compound_assignment_expr) @assignment.compound
[(await_expression) (yield_expression) (assignment_expression) (try_expression)] @effect

; Literals
(string_literal) @string
(raw_string_literal) @string.raw
(string_content) @string.content
(char_literal) @character
(integer_literal) @number
(boolean_literal) @boolean
(array_expression) @list

; Declarations and patterns
[
  (parameter) (field_declaration) (let_declaration) (const_item) (static_item)
  (assignment_expression) (for_expression)
] @declares
(mut_pattern) @declarator.wrapper
(tuple_pattern) @targets
(field_declaration) @field

; Preprocessor, templates, comments
(line_comment) @comment.line

; Parts
(field_expression value: (_) @object)
(field_expression field: (_) @member)
(index_expression . (_) @object (_) @index .)
