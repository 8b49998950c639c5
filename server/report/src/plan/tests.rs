//! Plans from profiles, options and questions.

use super::question::{Direction, Question};
use super::{ReportPlan, Segment, choose, words};
use crate::options::{ReportLanguage, ReportOptions};
use crate::period::PeriodSpan;
use crate::source_sql::MeasureAggregate;
use crate::testing;

/// Two years of sales: one row for each day and region.
fn sales() -> String {
    let regions = ["North", "South", "East"];
    testing::monthly(
        "order_id,region,category,unit_price,sales,email",
        24,
        27,
        &mut |month, row| {
            let region = regions[row % 3];
            let category = if row % 2 == 0 {
                "electronics"
            } else {
                "furniture"
            };
            let id = 5_000 + month * 40 + row * 7 % 27;
            format!(
                "{id},{region},{category},{}.5,{}.25,p{row}@mail.example",
                row + 3,
                month + row
            )
        },
    )
}

fn plan(text: &str, options: &ReportOptions) -> Result<ReportPlan, String> {
    let (_folder, file) = testing::file(text);
    choose(&file, options).map_err(|problem| problem.to_string())
}

fn asked(question: &str) -> (ReportPlan, Question) {
    let options = ReportOptions {
        question: Some(question.to_owned()),
        ..testing::options()
    };
    let plan = plan(&sales(), &options).unwrap();
    let question = plan.question.clone().unwrap();
    (plan, question)
}

fn names(plan: &ReportPlan) -> Vec<&str> {
    plan.measures()
        .iter()
        .map(|one| one.name.as_str())
        .collect()
}

#[test]
fn a_plan_comes_from_the_profile() {
    let plan = plan(&sales(), &testing::options()).unwrap();
    let time = plan.time.as_ref().unwrap();
    assert_eq!((time.column, time.span), (0, PeriodSpan::Month));
    assert_eq!(time.last - time.first, 23);
    assert_eq!(names(&plan), ["sales", "unit_price"]);
    let aggregates: Vec<MeasureAggregate> =
        plan.measures().iter().map(|one| one.aggregate).collect();
    assert_eq!(aggregates, [MeasureAggregate::Sum, MeasureAggregate::Mean]);
    let dimensions: Vec<&str> = plan
        .dimensions
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(dimensions, ["region", "category"]);
    assert_eq!(plan.pairs.len(), 1);
}

#[test]
fn options_decide_first_and_errors_say_what_to_do() {
    let with = |change: &dyn Fn(&mut ReportOptions)| {
        let mut options = testing::options();
        change(&mut options);
        plan(&sales(), &options)
    };
    let chosen = with(&|options| options.measures = vec!["UNIT_PRICE".to_owned()]).unwrap();
    assert_eq!(names(&chosen), ["unit_price"]);
    let chosen = with(&|options| options.dimensions = vec!["category".to_owned()]).unwrap();
    assert_eq!(chosen.dimensions.len(), 1);
    let error = with(&|options| options.measures = vec!["price".to_owned()]).unwrap_err();
    assert!(
        error.contains("--measure") && error.contains("unit_price"),
        "{error}"
    );
    let error = with(&|options| options.measures = vec!["region".to_owned()]).unwrap_err();
    assert!(error.contains("holds no numbers"), "{error}");
    let error = with(&|options| options.time = Some("region".to_owned())).unwrap_err();
    assert!(
        error.contains("--time") && error.contains("dates"),
        "{error}"
    );
    let error = with(&|options| options.dimensions = vec!["email".to_owned()]).unwrap_err();
    assert!(error.contains("--show-values"), "{error}");
    let error = with(&|options| options.span = Some(PeriodSpan::Hour)).unwrap_err();
    assert!(error.contains("choose a longer span"), "{error}");
}

#[test]
fn questions_name_measures_segments_and_intent() {
    let (plan, question) = asked("why did sales fall in the north?");
    assert_eq!(names(&plan), ["sales"]);
    assert_eq!(plan.filter, Some((2, Segment::Text("North".to_owned()))));
    assert_eq!(question.direction, Some(Direction::Fall));
    assert!(question.asks_why && question.unknown.is_empty());
    assert!(plan.dimensions.iter().all(|one| one.name != "region"));
    let (plan, question) = asked("How does the unit price differ by category and zodiac sign?");
    assert_eq!(names(&plan), ["unit_price"]);
    assert_eq!(plan.dimensions[0].name, "category");
    assert_eq!(question.unknown, ["zodiac", "sign"]);
}

#[test]
fn chinese_questions_find_english_columns() {
    let (plan, question) = asked("为什么电子的销售额下降了？");
    assert_eq!(plan.language, ReportLanguage::Chinese);
    assert_eq!(names(&plan), ["sales"]);
    assert_eq!(
        plan.filter,
        Some((3, Segment::Text("electronics".to_owned())))
    );
    assert_eq!(question.direction, Some(Direction::Fall));
    assert!(
        question.asks_why && question.unknown.is_empty(),
        "{:?}",
        question.unknown
    );
    let (_, question) = asked("火星上的销售额怎么样");
    assert_eq!(question.unknown.len(), 1);
}

#[test]
fn spans_fit_the_file() {
    let daily = |days: i64, step: i64| {
        let mut text = "date,sales\n".to_owned();
        for day in (0..days).step_by(step as usize) {
            text.push_str(&format!(
                "{},{}.5\n",
                crate::calendar::iso(19_000 + day),
                day % 17
            ));
        }
        let plan = plan(&text, &testing::options()).unwrap();
        plan.time.unwrap().span
    };
    assert_eq!(daily(60, 1), PeriodSpan::Day);
    assert_eq!(daily(400, 1), PeriodSpan::Week);
    assert_eq!(daily(900, 1), PeriodSpan::Month);
    assert_eq!(daily(2_000, 91), PeriodSpan::Quarter);
    assert_eq!(daily(25_000, 30), PeriodSpan::Year);
}

#[test]
fn years_are_a_time_and_keys_are_no_measures() {
    let mut text = "year,customer_id,score,flag\n".to_owned();
    for row in 0..60 {
        text.push_str(&format!(
            "{},{},{}.5,{}\n",
            1960 + row,
            row * 37 % 61,
            row % 7,
            row % 2
        ));
    }
    let plan = plan(&text, &testing::options()).unwrap();
    assert_eq!(plan.time.as_ref().unwrap().span, PeriodSpan::Year);
    assert!(names(&plan).contains(&"score") && !names(&plan).contains(&"customer_id"));
    let flag = plan.tracked.iter().find(|one| one.name == "flag").unwrap();
    assert!(flag.is_boolean);
}

#[test]
fn without_time_or_measure_the_report_says_so() {
    let text: String = (0..40)
        .map(|row| format!("word{row},other{row}\n"))
        .collect();
    let plan = plan(&format!("a,b\n{text}"), &testing::options()).unwrap();
    assert!(
        plan.notes
            .iter()
            .any(|note| note.template == "note.profile_only")
    );
    let text = testing::monthly("who", 20, 9, &mut |_, row| format!("name{}", row % 3));
    let plan = self::plan(&text, &testing::options()).unwrap();
    assert_eq!(plan.measures()[0].aggregate, MeasureAggregate::Rows);
}

#[test]
fn names_are_split_and_stems_compared() {
    assert_eq!(
        words::split("unitPrice_EUR2024"),
        ["unit", "price", "eur", "2024"]
    );
    assert_eq!(words::split("销售额sales"), ["销售额", "sales"]);
    let is_same = |a: &str, b: &str| words::same_stems(a).contains(words::stem(b));
    assert!(is_same("sales", "销售额") && is_same("orders", "order"));
    assert!(!is_same("mining", "min") && !is_same("price", "sales"));
}

#[test]
fn the_longest_name_of_a_column_is_meant() {
    let text = testing::monthly("quantity,unit_price,region", 24, 20, &mut |month, row| {
        format!("{},{}.5,r{}", row % 7 + month, row + 3, row % 3)
    });
    let options = ReportOptions {
        question: Some("average unit price per region by quarter".to_owned()),
        ..testing::options()
    };
    let plan = plan(&text, &options).unwrap();
    assert_eq!(names(&plan), ["unit_price"]);
    assert_eq!(plan.dimensions[0].name, "region");
    assert_eq!(plan.time.unwrap().span, PeriodSpan::Quarter);
    assert!(plan.question.unwrap().unknown.is_empty());
}
