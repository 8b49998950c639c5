; What the nodes are, and what children are to their parents.

; Literals
(list) @list
