; What the nodes are, and what children are to their parents.

; Names
[(special_variable_name) (variable_name)] @name.any
(variable_name) @identifier.variable

; Functions and types
(function_definition) @function
(function_definition) @function.named

; Statements
(compound_statement) @block
(if_statement) @if
(elif_clause) @if.else_if
(else_clause) @if.else
(case_statement) @case
[(for_statement) (while_statement)] @loop
(for_statement) @loop.each
(while_statement) @loop.while

; Expressions
(subscript) @index
(binary_expression) @binary
(unary_expression) @unary
(ternary_expression) @ternary
(parenthesized_expression) @parenthesized

; Literals
(string) @string
(string_content) @string.content
(regex) @regex
(number) @number
[(list) (array)] @list

; Declarations and patterns
(for_statement) @declares
