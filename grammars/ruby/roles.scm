; What the nodes are, and what children are to their parents.

; Names
[(identifier) (constant) (instance_variable) (class_variable) (global_variable)] @name @name.any
(identifier) @identifier
[(hash_key_symbol) (simple_symbol)] @identifier.member
(self) @identifier.this

; Functions and types
[(method) (singleton_method) (lambda)] @function
[(method) (singleton_method)] @function.method
(lambda) @function.lambda
[(class) (singleton_class)] @class
[(class) (singleton_class) (module)] @class.scope
[(class) (module)] @type.definition
(superclass) @class.heritage
[(method_parameters) (lambda_parameters) (block_parameters)] @parameters
[
  (optional_parameter) (keyword_parameter) (splat_parameter) (hash_splat_parameter)
  (block_parameter)
] @parameter

; Statements
[(body_statement) (block_body) (then) (do) (begin)] @block
[(if) (if_modifier) (unless) (unless_modifier)] @if
(elsif) @if.else_if
(else) @if.else
(case) @switch
[(when) (in_clause)] @case
[(while) (until) (for) (while_modifier) (until_modifier)] @loop
(for) @loop.each
(while) @loop.while
(in) @loop.range
(begin [(rescue) (ensure)]) @try
(body_statement [(rescue) (ensure)]) @try
[(rescue) (ensure)] @catch.clause
(exceptions) @catch
(return) @return
(break) @break
(next) @continue
(empty_statement) @nothing

; Expressions
(call) @call
(argument_list) @arguments
(pair) @pair
[(splat_argument) (hash_splat_argument) (block_argument)] @argument.spread
(hash_splat_argument) @argument.spread.keyword
(scope_resolution) @member
(element_reference) @index
(range) @range
(binary) @binary
(unary) @unary
(unary operator: ["!" "not"]) @not
(conditional) @ternary
(parenthesized_statements) @parenthesized
(assignment) @assignment @declares.variable @effect
(operator_assignment) @assignment.compound @effect
(yield) @yield @effect
[(lambda) (subshell) (super) (begin) (if) (unless) (case) (regex)] @effect

; Literals
(string) @string
(heredoc_body) @string.template
(chained_string) @string.concatenated
(interpolation) @string.interpolation
(string_content) @string.content
(character) @character
(regex) @regex
(integer) @number
(float) @number.float
[(true) (false)] @boolean
(nil) @null
[(array) (string_array) (symbol_array)] @list
(hash) @map

; Declarations
[(optional_parameter) (keyword_parameter) (assignment) (for)] @declares
[(left_assignment_list) (right_assignment_list)] @targets
(splat_parameter) @pattern.rest
(hash_splat_parameter) @pattern.rest.keyword

; Parts
(call receiver: (_) @object)
(call method: (_) @name)
(call block: (_) @body)
(element_reference "[" . (_) @index)
(element_reference "," . (_) @index)
(class superclass: (_) @superclasses)
(for pattern: (_) @left)
(for value: (_) @right)
(scope_resolution scope: (_) @object)
(scope_resolution name: (_) @member)
(unary operand: (_) @operand)
