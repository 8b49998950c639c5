; What the nodes are, and what children are to their parents.

; Names
(identifier) @name @name.any @identifier
"this" @identifier.this

; Functions and types
[
  (method_declaration) (constructor_declaration) (local_function_statement) (lambda_expression)
  (anonymous_method_expression) (accessor_declaration) (operator_declaration)
  (conversion_operator_declaration) (destructor_declaration)
] @function
(local_function_statement) @function.named
(method_declaration) @function.method
(constructor_declaration) @function.constructor
[(lambda_expression) (anonymous_method_expression)] @function.lambda
[(class_declaration) (struct_declaration) (record_declaration)] @class
[
  (class_declaration) (struct_declaration) (record_declaration) (interface_declaration)
] @class.scope
(interface_declaration) @interface
(enum_declaration) @enum
[
  (class_declaration) (struct_declaration) (record_declaration) (interface_declaration)
  (enum_declaration) (delegate_declaration)
] @type.definition
(base_list) @class.heritage
(attribute_list) @attribute
[(parameter_list) (bracketed_parameter_list)] @parameters
(parameter) @parameter

; Statements
(block) @block
(if_statement) @if
(switch_statement) @switch
(switch_expression) @match
(switch_section) @case
[(for_statement) (foreach_statement) (while_statement) (do_statement)] @loop
(for_statement) @loop.counting
(foreach_statement) @loop.each
(while_statement) @loop.while
(try_statement) @try
(catch_clause) @catch.clause
(catch_declaration) @catch
[(using_statement) (lock_statement) (fixed_statement)] @with
(return_statement) @return
(throw_statement) @throw
(break_statement) @break
(continue_statement) @continue
(goto_statement) @goto
(empty_statement) @nothing
(labeled_statement) @labeled
(expression_statement) @expression.statement
(using_directive) @import @import.names

; Expressions
(invocation_expression) @call
[(object_creation_expression) (implicit_object_creation_expression)] @new
[(argument_list) (bracketed_argument_list)] @arguments
(argument) @argument
(argument name: (_)) @argument.keyword
(member_access_expression) @member
(element_access_expression) @index
(range_expression) @range
(binary_expression) @binary
[(prefix_unary_expression) (postfix_unary_expression)] @unary
[(prefix_unary_expression ["++" "--"]) (postfix_unary_expression ["++" "--"])] @update @effect
(postfix_unary_expression "!") @non_null
(conditional_expression) @ternary
(parenthesized_expression) @parenthesized
(await_expression) @await @effect
(yield_statement) @yield @effect
(assignment_expression) @effect
(assignment_expression operator: "=") @assignment
(assignment_expression
  operator: ["+=" "-=" "*=" "/=" "%=" "&=" "|=" "^=" "<<=" ">>=" ">>>=" "??="]) @assignment.compound
[
  (object_creation_expression) (implicit_object_creation_expression) (throw_expression)
  (lambda_expression) (with_expression) (declaration_expression)
] @effect
[(sizeof_expression) (typeof_expression)] @unevaluated

; Literals
[(string_literal) (verbatim_string_literal)] @string
(raw_string_literal) @string.raw
(interpolated_string_expression) @string.template
(interpolation) @string.interpolation
[(string_literal_content) (string_content) (raw_string_content)] @string.content
(character_literal) @character
(integer_literal) @number
(real_literal) @number.float
(boolean_literal) @boolean
(null_literal) @null
[(array_creation_expression) (implicit_array_creation_expression) (collection_expression)] @list
(tuple_expression) @tuple
(initializer_expression (initializer_expression)) @map
(initializer_expression) @pair

; Declarations
[
  (parameter) (variable_declarator) (foreach_statement) (assignment_expression)
  (property_declaration)
] @declares
(variable_declarator) @declarator @declares.variable @declares.open
[(field_declaration) (property_declaration)] @field

; Preprocessor
[(preproc_if) (preproc_elif) (preproc_else) (preproc_if_in_attribute_list)] @preprocessor
[
  (preproc_pragma) (preproc_region) (preproc_endregion) (preproc_nullable) (preproc_line)
  (preproc_warning) (preproc_error)
] @nothing

; Parts
(member_access_expression expression: (_) @object)
(member_access_expression name: (_) @member)
(element_access_expression expression: (_) @object)
(element_access_expression subscript: (_) @indices)
(for_statement update: (_) @step)
(prefix_unary_expression (_) @operand)
(postfix_unary_expression (_) @operand)
(variable_declarator name: (_) @name)
(variable_declarator "=" . (_) @value)
(object_creation_expression type: (_) @constructor)
(initializer_expression . (_) @key)
(initializer_expression (_) @value .)
(method_declaration returns: (_) @return_type)

; What computes a property
[(accessor_declaration) (arrow_expression_clause)] @accessor
