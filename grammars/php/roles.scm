; What the nodes are, and what children are to their parents.

; Names
(variable_name) @name @identifier
(name) @name @name.any @identifier.variable

; Functions and types
[(function_definition) (method_declaration) (anonymous_function) (arrow_function)] @function
(function_definition) @function.named
(method_declaration) @function.method
(anonymous_function) @function.lambda
(arrow_function) @function.arrow
[(class_declaration) (trait_declaration) (anonymous_class)] @class
[
  (class_declaration) (trait_declaration) (interface_declaration) (enum_declaration)
  (anonymous_class)
] @class.scope
(interface_declaration) @interface
(enum_declaration) @enum
[
  (class_declaration) (trait_declaration) (interface_declaration) (enum_declaration)
] @type.definition
[(base_clause) (class_interface_clause)] @class.heritage
(attribute_list) @attribute
(formal_parameters) @parameters
[(simple_parameter) (variadic_parameter) (property_promotion_parameter)] @parameter

; Statements
[(compound_statement) (colon_block)] @block
(if_statement) @if
(else_if_clause) @if.else_if
(else_clause) @if.else
(switch_statement) @switch
(match_expression) @match
[(case_statement) (default_statement)] @case
[(for_statement) (foreach_statement) (while_statement) (do_statement)] @loop
(for_statement) @loop.counting
(foreach_statement) @loop.each
(while_statement) @loop.while
(try_statement) @try
(catch_clause) @catch @catch.clause
(return_statement) @return
(expression_statement (throw_expression)) @throw
(break_statement) @break
(continue_statement) @continue
(goto_statement) @goto
(unset_statement) @delete
[(echo_statement) (print_intrinsic)] @output
(namespace_definition) @namespace
(empty_statement) @nothing
(named_label_statement) @labeled
(expression_statement) @expression.statement
[(global_declaration) (function_static_declaration)] @declaration.global
(namespace_use_declaration) @import @import.names

; Expressions
[
  (function_call_expression) (member_call_expression) (nullsafe_member_call_expression)
  (scoped_call_expression)
] @call
(object_creation_expression) @new
(arguments) @arguments
(argument) @argument
(argument name: (_)) @argument.keyword
(variadic_unpacking) @argument.spread
[
  (member_access_expression) (nullsafe_member_access_expression) (scoped_property_access_expression)
  (class_constant_access_expression)
] @member
(subscript_expression) @index
(binary_expression) @binary
(unary_op_expression) @unary
(conditional_expression) @ternary
(parenthesized_expression) @parenthesized
[(assignment_expression) (reference_assignment_expression)] @assignment @effect
(augmented_assignment_expression) @assignment.compound @effect
(update_expression) @update @effect
(yield_expression) @yield @effect
[
  (object_creation_expression) (throw_expression) (anonymous_function) (arrow_function)
  (include_expression) (include_once_expression) (require_expression) (require_once_expression)
  (exit_statement) (print_intrinsic) (shell_command_expression) (clone_expression)
] @effect

; Literals
(string) @string
(nowdoc) @string.raw
[(encapsed_string) (heredoc)] @string.template
(string_content) @string.content
(integer) @number
(float) @number.float
(boolean) @boolean
(null) @null
(array_creation_expression) @list
(array_element_initializer "=>") @pair

; Declarations
[
  (simple_parameter) (variadic_parameter) (property_promotion_parameter) (assignment_expression)
  (property_element)
] @declares
(assignment_expression) @declares.variable
(property_declaration) @field
(variadic_parameter) @declarator.list

; Parts
(member_access_expression name: (_) @member)
(nullsafe_member_access_expression name: (_) @member)
(scoped_property_access_expression scope: (_) @object)
(scoped_property_access_expression name: (_) @member)
(scoped_call_expression scope: (_) @object)
(array_element_initializer . (_) @key)
(array_element_initializer (_) @value .)
(subscript_expression . (_) @object)
(subscript_expression (_) @index .)
(conditional_expression body: (_) @consequence)
(if_statement body: (_) @consequence)
(else_if_clause body: (_) @consequence)
(for_statement initialize: (_) @initializer)
(for_statement update: (_) @step)
(foreach_statement body: (_) @body)
(foreach_statement . (_) @right)
(unary_op_expression argument: (_) @operand)
(update_expression argument: (_) @operand)
(object_creation_expression . (name) @constructor)
(object_creation_expression . (qualified_name) @constructor)
(object_creation_expression (arguments) @arguments)
(simple_parameter default_value: (_) @value)
(property_element default_value: (_) @value)

; Text around the code
(text_interpolation) @markup
