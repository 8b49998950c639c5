; What the nodes are, and what children are to their parents.

; Literals
(string) @string
(string_content) @string.content
(number) @number
[(true) (false)] @boolean
(null) @null
(array) @list
(object) @map
(pair) @pair
