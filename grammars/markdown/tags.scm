; Sections, by their headings.
(section (atx_heading heading_content: (_) @name)) @definition.section
(setext_heading heading_content: (_) @name) @definition.section
(link_reference_definition (link_label) @name) @definition.link
