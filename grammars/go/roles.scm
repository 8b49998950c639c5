; What the nodes are, and what children are to their parents.

; Names
[(blank_identifier) (field_identifier) (identifier) (package_identifier) (type_identifier)] @name
[
  (blank_identifier) (field_identifier) (identifier) (label_name) (package_identifier)
  (type_identifier)
] @name.any
(identifier) @identifier
(field_identifier) @identifier.member
(type_identifier) @identifier.type

; Functions and types
[(function_declaration) (method_declaration) (func_literal)] @function
(function_declaration) @function.named
(method_declaration) @function.method
(func_literal) @function.lambda
[(type_spec) (type_alias)] @type.definition

; Statements
(block) @block
(if_statement) @if
(for_statement) @loop
(for_statement) @loop.counting
(for_clause) @loop.head
(range_clause) @loop.range
(return_statement) @return
(break_statement) @break
(continue_statement) @continue
(goto_statement) @goto
(empty_statement) @nothing
(labeled_statement) @labeled
(expression_statement) @expression.statement
(import_declaration) @import
[(import_declaration) (import_spec) (import_spec_list)] @import.names
(import_spec) @import.item

; Expressions
(call_expression) @call
(argument_list) @arguments
(variadic_argument) @argument.spread
(selector_expression) @member
(index_expression) @index
(slice_expression) @slice.expression
(binary_expression) @binary
(unary_expression) @unary
(parenthesized_expression) @parenthesized
(assignment_statement) @assignment
[(inc_statement) (dec_statement)] @update
[(inc_statement) (dec_statement)] @effect

; Literals
(interpreted_string_literal) @string
(raw_string_literal) @string.raw
(int_literal) @number
[(true) (false)] @boolean
(expression_list) @tuple.bare
(composite_literal) @literal.typed

; Declarations and patterns
[
  (parameter_declaration) (variadic_parameter_declaration) (field_declaration) (var_spec)
  (const_spec) (short_var_declaration) (assignment_statement) (for_statement) (range_clause)
] @declares
(variadic_parameter_declaration) @declarator.list
(expression_list) @targets
(field_declaration) @field

; Parts
(selector_expression operand: (_) @object)
(selector_expression field: (_) @member)
(index_expression operand: (_) @object)
(slice_expression operand: (_) @object)
(for_clause update: (_) @step)
(unary_expression operand: (_) @operand)
