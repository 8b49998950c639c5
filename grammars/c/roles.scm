; What the nodes are, and what children are to their parents.

; Names
[(field_identifier) (identifier) (statement_identifier) (type_identifier)] @name
[(field_identifier) (identifier) (statement_identifier) (type_identifier)] @name.any
(identifier) @identifier
(field_identifier) @identifier.member
(type_identifier) @identifier.type

; Functions and types
(function_definition) @function
(function_definition) @function.named
(struct_specifier) @class.scope
(struct_specifier) @type.definition
[
  (attribute) (attribute_declaration) (attribute_specifier) (attributed_declarator)
  (attributed_statement)
] @attribute
(variadic_parameter) @parameter

; Statements
(compound_statement) @block
(if_statement) @if
(else_clause) @if.else
(switch_statement) @switch
(case_statement) @case
[(for_statement) (while_statement) (do_statement)] @loop
(for_statement) @loop.counting
(while_statement) @loop.while
(return_statement) @return
(break_statement) @break
(continue_statement) @continue
(goto_statement) @goto
(labeled_statement) @labeled
(expression_statement) @expression.statement

; Expressions
(call_expression) @call
(argument_list) @arguments
(field_expression) @member
(subscript_expression) @index
(pointer_expression) @dereference
(binary_expression) @binary
(unary_expression) @unary
(conditional_expression) @ternary
(parenthesized_expression) @parenthesized
(assignment_expression) @assignment
(update_expression) @update
[(update_expression) (assignment_expression) (preproc_call)] @effect
[(sizeof_expression) (alignof_expression) (macro_type_specifier)] @unevaluated

; Literals
(string_literal) @string
(concatenated_string) @string.concatenated
(string_content) @string.content
(char_literal) @character
(number_literal) @number
[(true) (false)] @boolean
(null) @null
(compound_literal_expression) @literal.typed

; Declarations and patterns
[
  (parameter_declaration) (declaration) (field_declaration) (init_declarator)
  (assignment_expression) (for_statement)
] @declares
(init_declarator) @declarator
(array_declarator) @declarator.list
(pointer_declarator) @declarator.pointer
(field_declaration) @field
[(declaration) (field_declaration) (parameter_declaration) (type_definition)] @declares.typed

; Preprocessor, templates, comments
[
  (preproc_arg) (preproc_call) (preproc_def) (preproc_defined) (preproc_directive) (preproc_elif)
  (preproc_elifdef) (preproc_else) (preproc_function_def) (preproc_if) (preproc_ifdef)
  (preproc_include) (preproc_params)
] @preprocessor
[(preproc_def) (preproc_function_def)] @macro.definition

; Parts
(field_expression argument: (_) @object)
(field_expression field: (_) @member)
(subscript_expression argument: (_) @object)
(pointer_expression argument: (_) @object)
(for_statement update: (_) @step)
(unary_expression argument: (_) @operand)
(update_expression argument: (_) @operand)
