//! Pages of a report: Markdown with SVG files, HTML without scripts, and JSON.
//!
//! The outline decides once what is where; each format only writes it down and escapes in its
//! own way. A page has a bounded size, whatever the number of columns.

mod html;
mod json;
mod markdown;
mod outline;
#[cfg(test)]
mod tests;

pub use markdown::MarkdownReport;
