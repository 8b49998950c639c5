; What encloses the cursor: sections and fenced code.
(section (atx_heading heading_content: (_) @name)) @scope.section
(section (setext_heading heading_content: (_) @name)) @scope.section
(fenced_code_block (info_string) @name (code_fence_content) @body) @scope.code
