//! One HTML page without scripts: text, charts and queries in one file.
//!
//! Everything that comes from the file is escaped in [`escape`] and nowhere else.

use super::outline::{self, Outline, Section};
use crate::chart::{self, draw};
use crate::options::ReportLanguage;
use crate::report::Report;
use crate::sentence::{Piece, PieceKind};

const STYLE: &str = include_str!("page.css");

/// A text for HTML, in content and between double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Other control characters are not allowed in a page.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn pieces(pieces: &[Piece]) -> String {
    let mark = |piece: &Piece| {
        let text = escape(&piece.text);
        match piece.kind {
            PieceKind::Words => text,
            PieceKind::Name => format!("<span class=\"name\">{text}</span>"),
            PieceKind::Number => format!("<b class=\"n\">{text}</b>"),
        }
    };
    pieces.iter().map(mark).collect()
}

impl Report {
    /// The report as one HTML page without scripts, for light and dark screens.
    pub fn to_html(&self) -> String {
        let outline = outline::outline(self);
        let language = match self.language {
            ReportLanguage::English => "en",
            ReportLanguage::Chinese => "zh-CN",
        };
        let title = escape(&self.title);
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
             name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta \
             http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
             'unsafe-inline'\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
             <body>\n\
             <main>\n<h1>{title}</h1>\n<p class=\"sub\">{}</p>\n",
            escape(&outline.subtitle)
        );
        self.html_answer(&mut out);
        self.html_top(&outline, &mut out);
        for section in &outline.sections {
            self.html_section(section, &mut out);
        }
        self.html_columns(&outline, &mut out);
        self.html_methods(&outline, &mut out);
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }

    fn html_answer(&self, out: &mut String) {
        let Some(answer) = &self.answer else {
            return;
        };
        let heading = escape(&outline::line(self, "page.answer", &[]));
        let question = escape(&answer.question);
        out.push_str(&format!(
            "<section class=\"answer\">\n<h2>{heading}</h2>\n<p><em>{question}</em></p>\n"
        ));
        for lead in &answer.lead {
            out.push_str(&format!("<p>{}</p>\n", pieces(lead)));
        }
        for at in &answer.sentences {
            self.html_sentence(*at, out);
        }
        out.push_str("</section>\n");
    }

    fn html_top(&self, outline: &Outline<'_>, out: &mut String) {
        let heading = escape(&outline::line(self, "page.short", &[]));
        out.push_str(&format!("<section class=\"short\">\n<h2>{heading}</h2>\n"));
        for lead in &outline.top_lead {
            out.push_str(&format!("<p>{}</p>\n", pieces(lead)));
        }
        if !outline.top.is_empty() {
            out.push_str("<ul>\n");
            for at in &outline.top {
                let text = pieces(&self.sentences[*at].pieces);
                out.push_str(&format!("<li>{text}</li>\n"));
            }
            out.push_str("</ul>\n");
        }
        out.push_str("</section>\n");
    }

    fn html_section(&self, section: &Section, out: &mut String) {
        out.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(&section.title)));
        for at in &section.charts {
            if let Some(svg) = draw::inline(&self.charts[*at]) {
                let caption = escape(&outline::caption(self, *at));
                out.push_str(&format!(
                    "<figure role=\"img\" aria-label=\"{caption}\">{}<figcaption>{caption}\
                     </figcaption></figure>\n",
                    scalable(&svg)
                ));
            }
        }
        for lead in &section.lead {
            out.push_str(&format!(
                "<div class=\"finding\"><p>{}</p></div>\n",
                pieces(lead)
            ));
        }
        if let Some(empty) = &section.empty {
            out.push_str(&format!("<p>{}</p>\n", escape(empty)));
        }
        for at in &section.sentences {
            self.html_sentence(*at, out);
        }
        out.push_str("</section>\n");
    }

    fn html_sentence(&self, at: usize, out: &mut String) {
        let sentence = &self.sentences[at];
        let mut text = pieces(&sentence.pieces);
        if !sentence.advice_pieces.is_empty() {
            let advice = pieces(&sentence.advice_pieces);
            text.push_str(&format!(" <span class=\"advice\">{advice}</span>"));
        }
        let evidence = escape(&outline::evidence(self, &sentence.finding));
        let sql = escape(&sentence.finding.sql);
        out.push_str(&format!(
            "<div class=\"finding\"><p>{text}</p><details><summary>{evidence}</summary><pre>{sql}\
             </pre></details></div>\n"
        ));
    }

    fn html_columns(&self, outline: &Outline<'_>, out: &mut String) {
        let head = |key: &str| escape(&outline::line(self, key, &[]));
        out.push_str(&format!(
            "<section>\n<h2>{}</h2>\n<div class=\"wide\"><table>\n<tr><th>{}</th><th>{}</th><th \
             class=\"n\">{}</th><th class=\"n\">{}</th><th>{}</th><th class=\"n\">{}</th>\
             <th>{}</th></tr>\n",
            head("page.columns"),
            head("page.column.name"),
            head("page.column.kind"),
            head("page.column.missing"),
            head("page.column.distinct"),
            head("page.column.range"),
            head("page.column.mean"),
            head("page.column.shape")
        ));
        for row in &outline.columns {
            let spark = chart::histogram(row.profile).map(|bins| draw::sparkline(&bins));
            out.push_str(&format!(
                "<tr><td class=\"name\">{}</td><td>{}</td><td class=\"n\">{}</td><td \
                 class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
                escape(&row.profile.name),
                escape(&row.kind),
                escape(&row.missing),
                escape(&row.distinct),
                escape(&row.range),
                escape(&row.mean),
                spark.unwrap_or_default()
            ));
        }
        out.push_str("</table></div>\n");
        if let Some(more) = &outline.more_columns {
            out.push_str(&format!("<p>{}</p>\n", escape(more)));
        }
        out.push_str("</section>\n");
    }

    fn html_methods(&self, outline: &Outline<'_>, out: &mut String) {
        let heading = escape(&outline::line(self, "page.method", &[]));
        out.push_str(&format!(
            "<section>\n<h2>{heading}</h2>\n<ul class=\"method\">\n"
        ));
        for method in &outline.methods {
            out.push_str(&format!("<li>{}</li>\n", escape(method)));
        }
        out.push_str("</ul>\n</section>\n");
    }
}

/// The fixed size of a drawing becomes its largest one.
fn scalable(svg: &str) -> String {
    let body = svg.find("<svg").map_or(svg, |at| &svg[at..]);
    body.trim_end().to_owned()
}
