; What encloses the cursor: sections (the grammar makes one only of a heading with `#`) and fenced code.
(section (atx_heading heading_content: (_) @name)) @scope.section
(fenced_code_block (info_string) @name (code_fence_content) @body) @scope.code
