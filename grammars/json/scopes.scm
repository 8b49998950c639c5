; What encloses the cursor: keys that hold an object or a list.
(pair key: (string (string_content) @name) value: (object) @body) @scope.property
(pair key: (string (string_content) @name) value: (array) @body) @scope.property
