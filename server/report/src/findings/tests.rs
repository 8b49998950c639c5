//! Findings on files whose facts are planted by hand. `testing::report` recomputes every number.

use crate::finding::{FindingKind, ReportFinding};
use crate::stats::random::SeededRandom;
use crate::testing::{self, monthly, report};
use crate::{PeriodSpan, Report, ReportOptions};
use proptest::prelude::*;

fn of(report: &Report, kind: FindingKind) -> Vec<&ReportFinding> {
    let all = report.sentences.iter().map(|sentence| &sentence.finding);
    all.filter(|finding| finding.kind == kind).collect()
}

/// A number that looks random but is the same each time.
fn wobble(month: usize, row: usize) -> f64 {
    let mut random = SeededRandom::new((month * 1_000 + row) as u64);
    random.unit() - 0.5
}

#[test]
fn two_segments_together_make_a_fall() {
    let regions = ["North", "South", "East"];
    let kinds = ["electronics", "furniture"];
    let text = monthly("region,category,sales", 30, 60, &mut |month, row| {
        let (region, kind) = (
            regions[(row + month % 5 * row / 59) % 3],
            kinds[row / 3 % 2],
        );
        let is_hit = month >= 20 && region == "North" && kind == "electronics";
        let base = if is_hit { 20.0 } else { 100.0 };
        format!("{region},{kind},{:.2}", base + 20.0 * wobble(month, row))
    });
    let report = report(&text, &testing::options());
    let driver = of(&report, FindingKind::Driver)[0];
    let segment = driver.word("segment").unwrap();
    assert!(
        segment.contains("North") && segment.contains("electronics"),
        "{segment}"
    );
    assert!(driver.value("share").unwrap() > 0.9);
    assert!(of(&report, FindingKind::LevelShift)[0].word("since") == Some("2021-09"));
}

#[test]
fn volume_rate_and_mix_add_up() {
    let mut text = "date,plan,sales\n".to_owned();
    for month in 0..24 {
        let is_late = month >= 12;
        for row in 0..if is_late { 50 } else { 40 } {
            let is_large = row % 10 < if is_late { 6 } else { 4 };
            let base = if is_large { 100.0 } else { 20.0 } + if is_late { 9.0 } else { 0.0 };
            let (year, of_year) = (2020 + month / 12, month % 12 + 1);
            let plan = if is_large { "large" } else { "small" };
            let value = base + 5.0 * wobble(month, row);
            text.push_str(&format!(
                "{year}-{of_year:02}-{:02},{plan},{value:.2}\n",
                row / 2 + 1
            ));
        }
    }
    let report = report(&text, &testing::options());
    let split = of(&report, FindingKind::Split)[0];
    let parts = ["volume", "rate", "mix"].map(|name| split.value(name).unwrap());
    let difference = split.value("difference").unwrap();
    assert!((parts.iter().sum::<f64>() / difference - 1.0).abs() < 1e-9);
    assert!(parts.iter().all(|part| *part > 0.0) && split.template == "split.mix");
}

#[test]
fn segments_against_the_whole_are_a_warning() {
    let text = monthly("plan,price", 24, 60, &mut |month, row| {
        let is_late = month >= 12;
        let is_premium = row % 10 < if is_late { 7 } else { 3 };
        let base = if is_premium { 100.0 } else { 20.0 } * if is_late { 0.9 } else { 1.0 };
        let plan = if is_premium { "premium" } else { "basic" };
        format!("{plan},{:.2}", base * (1.0 + 0.1 * wobble(month, row)))
    });
    let report = report(&text, &testing::options());
    let warning = of(&report, FindingKind::Simpson)[0];
    assert_eq!(warning.template, "simpson.rise");
    assert_eq!(warning.value("against"), Some(2.0));
}

#[test]
fn a_change_of_units_silences_the_rest() {
    let text = monthly("weight,other", 24, 20, &mut |month, row| {
        let factor = if month >= 10 { 1_000.0 } else { 1.0 };
        format!(
            "{:.3},{:.3}",
            factor * (5.0 + wobble(month, row)),
            9.0 + wobble(row, month)
        )
    });
    let report = report(&text, &testing::options());
    let change = of(&report, FindingKind::UnitChange)[0];
    assert_eq!(change.word("power"), Some("1000"));
    assert_eq!(change.word("since"), Some("2020-11"));
    assert!(of(&report, FindingKind::LevelShift).is_empty());
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("weight") && note.contains("unit"))
    );
}

#[test]
fn missing_repeated_and_constant_values_are_quality() {
    let text = monthly("order_id,shop,total", 24, 30, &mut |month, row| {
        let id = if month == 4 && row == 3 {
            4_002
        } else {
            month * 1_000 + row
        };
        let is_missing = (7..9).contains(&month) && row % 2 == 0;
        let total = format!("{:.2}", 50.0 + 9.0 * wobble(month, row));
        format!("A{id},main,{}", if is_missing { "" } else { &total })
    });
    let report = report(&text, &testing::options());
    let keys = of(&report, FindingKind::DuplicateKeys)[0];
    assert_eq!(
        (keys.value("repeated"), keys.value("count")),
        (Some(1.0), Some(2.0))
    );
    let burst = of(&report, FindingKind::MissingBurst)[0];
    assert_eq!(burst.word("first_period"), Some("2020-08"));
    assert_eq!(burst.value("inside"), Some(0.5));
    assert_eq!(
        of(&report, FindingKind::Constant)[0].word("column"),
        Some("shop")
    );
}

#[test]
fn copies_of_rows_and_far_values_are_quality() {
    let mut text = monthly("total", 18, 30, &mut |month, row| {
        let value = if month == 5 && row == 5 {
            9e5
        } else {
            50.0 + 9.0 * wobble(month, row)
        };
        format!("{value:.6}")
    });
    let row = text.lines().nth(40).unwrap().to_owned();
    text.push_str(&row);
    text.push('\n');
    let report = report(&text, &testing::options());
    assert_eq!(
        of(&report, FindingKind::DuplicateRows)[0].value("copies"),
        Some(1.0)
    );
    let far = of(&report, FindingKind::RowOutlier)[0];
    assert_eq!(
        (far.template, far.value("extreme")),
        ("row.high.one", Some(9e5))
    );
}

#[test]
fn far_values_are_those_of_the_rows_that_count() {
    let mut text = "region,profit\n".to_owned();
    for row in 0..600 {
        let value = match row {
            100 => 9e4,
            101 => 8e4,
            _ => 50.0 + 9.0 * wobble(row, 3),
        };
        text.push_str(&format!("{},{value:.3}\n", ["East", "West"][row % 2]));
    }
    let question = Some("profit in the west".to_owned());
    let options = ReportOptions {
        question,
        ..testing::options()
    };
    let report = report(&text, &options);
    assert_eq!(
        of(&report, FindingKind::RowOutlier)[0].value("extreme"),
        Some(8e4)
    );
}

#[test]
fn columns_that_move_together_are_said_once() {
    let text = monthly("quantity,total,other", 10, 20, &mut |month, row| {
        let quantity = 10.0 + 8.0 * wobble(month, row);
        let total = 3.0 * quantity + wobble(row, month);
        format!("{quantity:.3},{total:.3},{:.3}", wobble(row + 77, month))
    });
    let report = report(&text, &testing::options());
    let relations = of(&report, FindingKind::Relation);
    assert_eq!(relations.len(), 1);
    assert!(
        (relations[0].value("slope").unwrap() - 3.0).abs() < 0.05
            || relations[0].word("x") == Some("total")
    );
}

#[test]
fn means_of_segments_differ() {
    let text: String = (0..200)
        .map(|row| {
            format!(
                "{},{:.3}\n",
                ["a", "b", "c"][row % 3],
                (row % 3) as f64 + wobble(row, 1)
            )
        })
        .collect();
    let report = report(&format!("team,score\n{text}"), &testing::options());
    let means = of(&report, FindingKind::SegmentMeans)[0];
    assert_eq!(
        (means.word("segment"), means.word("low_segment")),
        (Some("c"), Some("a"))
    );
}

#[test]
fn the_last_incomplete_period_is_left_out_and_said() {
    let mut text = monthly("total", 24, 27, &mut |month, row| {
        format!("{:.2}", 9.0 + wobble(month, row))
    });
    text.push_str("2022-01-01,1.5\n2022-01-02,1.5\n");
    let report = report(&text, &testing::options());
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("January 2022")),
        "{:?}",
        report.notes
    );
    let last = of(&report, FindingKind::LastPeriod)[0];
    assert_eq!(last.word("period"), Some("2021-12"));
    assert!(
        report
            .sentences
            .iter()
            .all(|sentence| sentence.finding.kind != FindingKind::LevelShift)
    );
}

#[test]
fn a_last_day_that_ends_at_noon_is_left_out() {
    let mut text = "time,visits\n".to_owned();
    for hour in 0..24 * 40 + 13 {
        let day = crate::calendar::iso(19_000 + hour / 24);
        let value = 100 + (hour * 7919 % 23);
        text.push_str(&format!("{day} {:02}:00:00,{value}\n", hour % 24));
    }
    let options = ReportOptions {
        span: Some(PeriodSpan::Day),
        ..testing::options()
    };
    let report = report(&text, &options);
    assert!(of(&report, FindingKind::PeriodOutlier).is_empty());
    let last = of(&report, FindingKind::LastPeriod)[0];
    assert_eq!(last.word("period"), Some("2022-02-16"));
    assert!(report.notes.iter().any(|note| note.contains("2022-02-17")));
}

/// Rows on each day of four years, as many as `rows` gives for a month and day.
fn daily(rows: &dyn Fn(i64, i64) -> usize) -> String {
    let mut text = "date,code\n".to_owned();
    for day in 18_262..18_262 + 1_461 {
        let (_, month, of_month) = crate::calendar::date(day);
        for row in 0..rows(month, of_month) {
            text.push_str(&format!("{},c{}\n", crate::calendar::iso(day), row % 4));
        }
    }
    text
}

#[test]
fn the_length_of_months_is_no_season() {
    let plain = report(
        &daily(&|_, day| 3 + usize::from(day % 9 == 0)),
        &testing::options(),
    );
    assert!(
        of(&plain, FindingKind::Season).is_empty(),
        "{:?}",
        plain.texts().next()
    );
    let peak = |month: i64, day: i64| 3 + usize::from(month == 12 || day % 9 == 0);
    let seasonal = report(&daily(&peak), &testing::options());
    let season = of(&seasonal, FindingKind::Season)[0];
    assert_eq!(season.word("high_phase"), Some("12"));
}

#[test]
fn a_seasonal_peak_is_not_unusual() {
    let text = monthly("sales", 27, 40, &mut |month, row| {
        let peak = [90.0, 120.0, 150.0, 230.0];
        let level = if month % 12 > 7 {
            peak[month % 12 - 8]
        } else {
            100.0
        };
        format!("{:.2}", level + 10.0 * wobble(month, row))
    });
    let report = report(&text, &testing::options());
    assert_eq!(of(&report, FindingKind::Season).len(), 1);
    assert!(of(&report, FindingKind::PeriodOutlier).is_empty());
}

/// Three years of sales and three more months, in which one region loses most of its rows.
fn fallen() -> String {
    let mut text = "date,region,sales\n".to_owned();
    for month in 0..39 {
        let (year, of_year) = (2021 + month / 12, month % 12 + 1);
        for row in 0..240 {
            let region = ["North", "South", "West"][row % 3];
            let is_lost = month >= 36 && region == "West" && row % 10 < 7;
            let noise = (1.2 * wobble(month, row)).exp() * (1.0 + 0.1 * wobble(month, 9_000));
            if !is_lost {
                let day = row * 27 / 240 + 1;
                text.push_str(&format!(
                    "{year}-{of_year:02}-{day:02},{region},{:.2}\n",
                    50.0 * noise
                ));
            }
        }
    }
    text
}

fn asked(text: &str, question: &str) -> (Report, String) {
    let options = ReportOptions {
        question: Some(question.to_owned()),
        ..testing::options()
    };
    let report = report(text, &options);
    let answer = report.answer.as_ref().unwrap();
    let lead = answer.lead.iter().map(|one| crate::sentence::plain(one));
    let lead = lead.collect::<Vec<_>>().join(" ");
    (report, lead)
}

#[test]
fn a_time_in_the_question_is_compared_with_the_year_before() {
    for question in [
        "why did sales fall in 2024?",
        "why do sales fall since January 2024?",
        "why did sales fall?",
        "2024年销售额为什么下降",
    ] {
        let (report, lead) = asked(&fallen(), question);
        let change = of(&report, FindingKind::Change)[0];
        assert_eq!(
            change.word("after_first_period"),
            Some("2024-01"),
            "{question}: {lead}"
        );
        assert_eq!(
            change.word("before_first_period"),
            Some("2023-01"),
            "{question}"
        );
        assert!(change.template == "change.fall" && !lead.contains("No change"));
        let driver = of(&report, FindingKind::Driver)[0];
        assert_eq!(driver.word("segment"), Some("West"), "{question}");
    }
    let (report, lead) = asked(&fallen(), "why did sales fall in 2023?");
    assert!(of(&report, FindingKind::Change).is_empty());
    assert!(
        lead.contains("No change of sales beyond chance was found for 2023"),
        "{lead}"
    );
    let (_, lead) = asked(&fallen(), "why did sales fall in 2030?");
    assert!(lead.contains("no complete month in 2030"), "{lead}");
}

#[test]
fn questions_that_mean_nothing_are_not_answered() {
    let (report, lead) = asked(&fallen(), "purple monkeys dishwasher");
    assert!(lead.contains("not understood"), "{lead}");
    assert!(report.answer.as_ref().unwrap().sentences.is_empty());
    let (_, lead) = asked(&fallen(), "how do sales of monkeys develop");
    assert!(lead.contains("not understood: “monkeys”"), "{lead}");
    let (report, _) = asked(&fallen(), "average sales per region by quarter");
    let parts = of(&report, FindingKind::SegmentPart);
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|one| one.template == "part.mean"));
    assert_eq!(report.span, Some(PeriodSpan::Quarter));
    let (report, _) = asked(&fallen(), "what is wrong with the data");
    assert!(
        !report
            .answer
            .unwrap()
            .lead
            .iter()
            .any(|one| crate::sentence::plain(one).contains("sales"))
    );
}

#[test]
fn dimensions_that_are_asked_for_are_described() {
    let text = monthly("region,kind,sales", 12, 60, &mut |_, row| {
        format!("r{},k{},{}.5", row % 3, row % 2, 9 + row % 2)
    });
    let options = ReportOptions {
        dimensions: vec!["region".to_owned(), "kind".to_owned()],
        ..testing::options()
    };
    let report = report(&text, &options);
    let parts = of(&report, FindingKind::SegmentPart);
    assert_eq!(parts.len(), 5);
    assert_eq!(parts[0].value("total"), Some(2_400.0), "{parts:?}");
}

#[test]
fn a_wrong_date_does_not_change_the_periods() {
    let text = monthly("region,sales", 30, 60, &mut |month, row| {
        let level = if month >= 18 { 60.0 } else { 100.0 };
        format!("r{},{:.2}", row % 3, level + 10.0 * wobble(month, row))
    });
    for date in [
        "1900-01-01",
        "1970-01-01",
        "2099-12-01",
        "0001-01-01",
        "9999-12-31",
    ] {
        let report = report(&format!("{text}{date},r1,99999.5\n"), &testing::options());
        assert_eq!(report.span, Some(PeriodSpan::Month), "{date}");
        assert_eq!(of(&report, FindingKind::LevelShift).len(), 1, "{date}");
        let notes = report.notes.join(" ");
        assert!(notes.contains(date), "{notes}");
    }
}

#[test]
fn numbers_that_are_too_large_or_small_end() {
    for (a, b) in [
        ("-1e308", "1.7e308"),
        ("1e-310", "3e-310"),
        ("9e99", "-9e99"),
        ("0", "0.0"),
    ] {
        let text = monthly("kind,amount", 12, 4, &mut |month, row| {
            format!("k{},{}", row % 2, if month == 2 { b } else { a })
        });
        let report = report(&text, &testing::options());
        assert!(!report.to_html().contains("NaN"), "{a}");
    }
}

#[test]
fn the_last_of_three_years_is_left_out_where_it_ends_in_april() {
    let mut text = "date,sales\n".to_owned();
    for day in 18_262..18_262 + 831 {
        text.push_str(&format!("{},{}.5\n", crate::calendar::iso(day), day % 7));
    }
    let options = ReportOptions {
        span: Some(PeriodSpan::Year),
        ..testing::options()
    };
    let report = report(&text, &options);
    let last = of(&report, FindingKind::LastPeriod)[0];
    assert_eq!(last.word("period"), Some("2021"));
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("2022, is incomplete"))
    );
}

#[test]
fn after_a_gap_there_is_no_period_before() {
    let text: String = (0..30)
        .map(|at| {
            format!(
                "{},{}.5\n",
                if at < 20 { 1970 + at } else { 2000 + at },
                at % 7
            )
        })
        .collect();
    let gap: String = text
        .lines()
        .filter(|line| !line.starts_with("2028"))
        .map(|line| format!("{line}\n"))
        .collect();
    let last = |text: &str| {
        of(
            &report(&format!("year,score\n{text}"), &testing::options()),
            FindingKind::LastPeriod,
        )
        .len()
    };
    assert_eq!((last(&text), last(&gap)), (1, 0));
}

#[test]
fn too_few_periods_or_rows_claim_nothing() {
    let few = monthly("total", 7, 30, &mut |month, _| format!("{}", month * 100));
    let options = ReportOptions {
        span: Some(PeriodSpan::Month),
        ..testing::options()
    };
    let report = report(&few, &options);
    let claims = |report: &Report| {
        report
            .sentences
            .iter()
            .filter(|one| one.finding.test.is_some())
            .count()
    };
    assert_eq!(claims(&report), 0);
    assert!(report.notes.iter().any(|note| note.contains("7")));
    let few = monthly("total", 19, 1, &mut |month, _| format!("{}", month * 100));
    let report = testing::report(&few, &testing::options());
    assert_eq!(claims(&report), 0);
}

#[test]
fn hostile_names_and_values_stay_data() {
    let name = "\"a\"\"b' ; DROP TABLE data; -- \"";
    let text = monthly(&format!("{name},amount"), 24, 20, &mut |month, row| {
        let value = if month > 11 && row % 2 == 0 {
            10.0
        } else {
            50.0
        };
        let kind = if row % 2 == 0 {
            "x' OR '1'='1"
        } else {
            "\"quoted \"\" \n text\""
        };
        format!("{kind},{:.2}", value + 5.0 * wobble(month, row))
    });
    let report = report(&text, &testing::options());
    assert!(
        of(&report, FindingKind::Driver)
            .iter()
            .any(|one| one.sql.contains("OR ''1''=''1"))
    );
}

/// Numbers, dates, letters, and numbers that are none.
const CELL: &str = "[0-9]{0,3}|20[12][0-9]-0[1-9]-[012][1-9]|[a-c]|-?[0-9]{1,4}[.][0-9]{1,3}|\
                    1e400|NaN";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_file_has_a_report_that_is_equal(
        header in prop::collection::vec("[a-z\"',; ]{0,8}", 1..5),
        rows in prop::collection::vec(prop::collection::vec(CELL, 1..5), 0..90),
        question in "[a-z ]{0,20}",
    ) {
        let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |cells: &Vec<String>| cells.iter().map(quote).collect::<Vec<_>>().join(",");
        let lines: Vec<String> = std::iter::once(&header).chain(&rows).map(line).collect();
        let options = ReportOptions { question: Some(question), ..testing::options() };
        let report = report(&lines.join("\n"), &options);
        prop_assert!(report.to_html().starts_with("<!doctype html>"));
        prop_assert!(report.to_markdown("data").text.starts_with("# "));
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        prop_assert!(json["sentences"].is_array());
    }
}

/// Reports of 20 files with one number a month, of which some claim a pattern: how many, and of
/// which kinds.
fn claims_by_chance(months: usize, value: &mut dyn FnMut(&mut SeededRandom) -> f64) -> Vec<String> {
    let claims = |seed: u64| {
        let mut random = SeededRandom::new(seed);
        let text = monthly("level", months, 1, &mut |_, _| {
            format!("{:.3}", value(&mut random))
        });
        let report = report(&text, &testing::options());
        let found = report.sentences.iter().map(|sentence| &sentence.finding);
        let claimed = found.filter(|finding| finding.test.is_some());
        claimed.map(|one| one.template.to_owned()).next()
    };
    (0..20).filter_map(claims).collect()
}

#[test]
fn series_that_wander_have_no_pattern() {
    let mut level = 0.0;
    let found = claims_by_chance(72, &mut |random| {
        level = 0.7 * level + random.normal();
        1_000.0 + 60.0 * level
    });
    assert!(found.len() <= 2, "{found:?}");
    let mut level = 0.0;
    let mut found = claims_by_chance(72, &mut |random| {
        level += random.normal();
        5_000.0 + 60.0 * level
    });
    found.retain(|one| !one.starts_with("trend.walk") && !one.starts_with("shift"));
    assert!(found.len() <= 2, "{found:?}");
}

#[test]
fn the_long_tail_of_a_sum_is_not_unusual() {
    let found = claims_by_chance(72, &mut |random| 1_000.0 * (0.6 * random.normal()).exp());
    assert!(found.len() <= 1, "{found:?}");
}

#[test]
fn rows_of_totals_count_once() {
    let text = monthly("region,sales", 24, 3, &mut |month, row| {
        let value = 100.0 + wobble(month, row);
        match row {
            0 => format!("North,{value:.2}"),
            1 => format!("South,{value:.2}"),
            _ => format!("Total,{:.2}", 2.0 * value),
        }
    });
    let report = report(&text, &testing::options());
    let total = of(&report, FindingKind::Overview)[0]
        .value("total")
        .unwrap();
    assert!((total - 4_800.0).abs() < 100.0, "{total}");
    let composed = of(&report, FindingKind::Composition);
    assert!(
        composed
            .iter()
            .all(|one| one.word("segment") != Some("Total"))
    );
    let wanted = "Rows where region is Total (24 rows) are left out, because they add up others.";
    assert!(
        report.notes.iter().any(|note| note == wanted),
        "{:?}",
        report.notes
    );
}

#[test]
fn a_unit_may_change_within_a_month() {
    let text = monthly("amount", 24, 28, &mut |month, row| {
        let factor = if (month, row) >= (15, 13) {
            1_000.0
        } else {
            1.0
        };
        format!("{:.2}", factor * (50.0 + 20.0 * wobble(month, row)))
    });
    let report = report(&text, &testing::options());
    let found = of(&report, FindingKind::UnitChange)[0];
    assert_eq!(
        (found.word("since"), found.word("power")),
        (Some("2021-04"), Some("1000"))
    );
}

#[test]
fn weekly_rows_keep_their_weeks() {
    let day = |week: i64| crate::calendar::iso(18_995 + 7 * week);
    let lines = (0..130).map(|week| format!("{},{}\n", day(week), 100 + week % 3));
    let text = format!("week,sales\n{}", lines.collect::<String>());
    let report = report(&text, &testing::options());
    let overview = of(&report, FindingKind::Overview)[0];
    assert_eq!(overview.word("span"), Some("week"));
    assert!(overview.value("low").unwrap() >= 100.0);
}

#[test]
fn percentages_change_by_points() {
    let text = monthly("conversion_pct,churn_rate", 36, 2, &mut |month, row| {
        let is_late = month >= 20;
        let percent = if is_late { 2.0 } else { 3.2 } + 0.1 * wobble(month, row);
        let share = if is_late { 0.08 } else { 0.05 } + 0.002 * wobble(month, row + 9);
        format!("{percent:.3},{share:.4}")
    });
    let report = report(&text, &testing::options());
    let shifts = of(&report, FindingKind::LevelShift);
    let points = |measure: &str| {
        let found = shifts
            .iter()
            .find(|one| one.measure.as_deref() == Some(measure));
        found.and_then(|one| one.value("points")).unwrap()
    };
    assert!((points("conversion_pct") + 1.2).abs() < 0.05);
    assert!((points("churn_rate") - 3.0).abs() < 0.05);
    assert!(
        report
            .texts()
            .any(|text| text.contains("percentage points more than the 5 % before"))
    );
}

#[test]
fn years_side_by_side_are_said() {
    let rows = (0..30).map(|at| format!("c{at},{at},{},{}\n", at + 1, at * 2));
    let text = format!("country,2019,2020,2021\n{}", rows.collect::<String>());
    let report = report(&text, &testing::options());
    assert!(of(&report, FindingKind::Relation).is_empty());
    assert!(
        report.notes.iter().any(|note| note.contains("melt")),
        "{:?}",
        report.notes
    );
}
