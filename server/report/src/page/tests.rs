//! Pages that are safe, bounded and complete.

use crate::testing::{self, monthly, report};
use crate::{Report, ReportLanguage, ReportOptions};

fn shifted(name: &str, value: &str) -> String {
    monthly(&format!("{name},sales"), 30, 20, &mut |month, row| {
        let base = if month >= 18 && row % 2 == 0 { 20 } else { 90 };
        let kind = if row % 2 == 0 { value } else { "other" };
        format!("{kind},{}.5", base + row * 7 % 11 + month % 3)
    })
}

#[test]
fn html_has_no_markup_from_the_file() {
    let text = shifted("<b onclick=x>", "<script>alert('1')</script>&amp;");
    let html = report(&text, &testing::options()).to_html();
    assert!(!html.contains("<script") && !html.contains("<b onclick"));
    assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"));
    assert!(html.contains("default-src 'none'"));
    let count = |mark: &str| html.matches(mark).count();
    for tag in ["section", "div", "details", "pre", "figure", "svg", "p"] {
        let open = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(open, count(&format!("</{tag}>")), "{tag}");
    }
}

#[test]
fn markdown_has_its_images_and_queries() {
    let report = report(&shifted("a|b`c", "x`y*z"), &testing::options());
    let page = report.to_markdown("data");
    assert_eq!(page.images.len(), 2);
    for (name, svg) in &page.images {
        assert!(page.text.contains(&format!("(<{name}>)")));
        assert!(svg.starts_with("<svg") && svg.contains("prefers-color-scheme"));
    }
    for number in 1..=report.sentences.len() {
        assert!(page.text.contains(&format!("<a id=\"q{number}\">")));
        assert!(page.text.contains(&format!("(#q{number})")));
    }
    assert!(page.text.contains("``x`y*z``"));
}

#[test]
fn json_has_every_number_and_query() {
    let report = report(&shifted("kind", "x"), &testing::options());
    let value: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let sentences = value["sentences"].as_array().unwrap();
    assert_eq!(sentences.len(), report.sentences.len());
    for sentence in sentences {
        assert!(sentence["sql"].as_str().unwrap().contains("FROM"));
        assert!(!sentence["numbers"].as_array().unwrap().is_empty());
        assert!(sentence["rows"].as_u64().unwrap() > 0);
    }
    assert_eq!(value["columns"].as_array().unwrap().len(), 3);
}

#[test]
fn wide_files_have_small_pages() {
    let names: Vec<String> = (0..400).map(|at| format!("c{at}")).collect();
    let text = monthly(&names.join(","), 12, 3, &mut |month, row| {
        let cells: Vec<String> = (0..400)
            .map(|at| (month * row + at % 9).to_string())
            .collect();
        cells.join(",")
    });
    let report = report(&text, &testing::options());
    assert!(report.to_html().len() < 150_000);
    assert!(report.to_html().contains("more columns"));
}

fn personal(show_values: bool) -> Report {
    let text = monthly("email,total", 12, 5, &mut |month, row| {
        format!("person{}@mail.example,{}.5", month * 5 + row, row)
    });
    report(
        &text,
        &ReportOptions {
            show_values,
            ..testing::options()
        },
    )
}

#[test]
fn personal_values_are_masked_unless_shown() {
    let hidden = personal(false);
    for page in [
        hidden.to_html(),
        hidden.to_json(),
        hidden.to_markdown("data").text,
    ] {
        assert!(!page.contains("@mail.example"));
    }
    assert!(personal(true).to_json().contains("@mail.example"));
}

#[test]
fn a_question_is_answered_first_in_its_language() {
    let ask = |question: &str| {
        let options = ReportOptions {
            question: Some(question.to_owned()),
            ..testing::options()
        };
        report(&shifted("region", "North"), &options)
    };
    let english = ask("why did sales fall?");
    let answer = english.answer.as_ref().unwrap();
    let texts: Vec<&str> = answer
        .sentences
        .iter()
        .map(|at| english.sentences[*at].text.as_str())
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("North") && text.contains("of the fall")),
        "{texts:?}"
    );
    let chinese = ask("销售额为什么下降？");
    assert_eq!(chinese.language, ReportLanguage::Chinese);
    assert!(chinese.to_html().contains("lang=\"zh-CN\""));
    let answer = chinese.answer.as_ref().unwrap();
    assert!(
        answer
            .sentences
            .iter()
            .any(|at| chinese.sentences[*at].text.contains("的下降中"))
    );
    let wrong = ask("why did sales rise?");
    let lead: String = wrong
        .answer
        .as_ref()
        .unwrap()
        .lead
        .iter()
        .map(|one| crate::sentence::plain(one))
        .collect();
    assert!(lead.contains("did not rise"), "{lead}");
    let only = ask("sales in the north");
    assert!(
        only.sentences
            .iter()
            .all(|one| one.finding.sql.contains("'North'") || one.finding.measure.is_none())
    );
}

#[test]
fn lost_rows_and_unreadable_values_come_first() {
    let mut text = monthly("kind,sales", 30, 20, &mut |month, row| {
        let value = if row == 3 && month == 2 {
            "TBD".to_owned()
        } else {
            format!("{}.5", 90 + row * 7 % 11)
        };
        format!("x{},{value}", row % 2)
    });
    text.push_str(&"2022-06-01,x1\n".repeat(200));
    let report = report(&text, &testing::options());
    let page = report.to_markdown("data").text;
    let place = |what: &str| page.find(what).unwrap();
    let lost = "**200** of **800** rows (**25 %**) are left out";
    assert!(place(lost) < place("## What happened"), "{page}");
    let quality = &page[place("## What is wrong")..];
    assert!(
        quality.find(lost) < quality.find("In `sales`, **1** of **600** values cannot be read")
    );
    assert!(quality.contains("“TBD”") && report.to_html().contains("“TBD”"));
    assert!(report.to_json().contains("200 of 800 rows"));
}

#[test]
fn what_was_not_tested_is_not_denied() {
    for text in [
        "a,b\n",
        "name,city\nAnn,Rome\n",
        "name,city\nAnn,Rome\nBob,Oslo\n",
    ] {
        let report = report(text, &testing::options());
        let page = report.to_markdown("data").text;
        assert_eq!(report.tests, 0);
        assert!(page.contains("Nothing was tested") && !page.contains("Nothing rises"));
        assert!(report.to_html().contains("Nothing was tested"));
    }
}
