//! Which patterns look unasked: those that were right in code that people had written.
//!
//! The table in `tests/hits/README.md` is made of the verdicts there and of what the program does,
//! so that none says what the others do not.

use bugs::{PATTERNS, Pattern};
use std::collections::HashMap;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hits/");
const UNPROVEN: &str = "nothing right so far in what was looked at";

/// The rows of a file whose cells stand between tabs.
fn rows(name: &str, cells: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(format!("{FOLDER}{name}")).unwrap();
    let row = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = text.lines().map(row).collect();
    let odd = rows.iter().find(|row| row.len() != cells);
    assert_eq!(
        odd, None,
        "{name}: a line has {cells} cells with tabs between them"
    );
    rows
}

/// How many hits of each pattern were right, and how many were judged.
fn verdicts(rows: &[Vec<String>]) -> HashMap<&str, (usize, usize)> {
    let mut counts = HashMap::new();
    for row in rows {
        let (code, verdict) = (row[row.len() - 3].as_str(), row[row.len() - 2].as_str());
        assert!(
            ["right", "wrong"].contains(&verdict),
            "{row:?}: neither `right` nor `wrong`"
        );
        let count: &mut (usize, usize) = counts.entry(code).or_default();
        count.0 += usize::from(verdict == "right");
        count.1 += 1;
    }
    counts
}

/// Right hits of those that were judged, as a cell of the table.
fn cell((right, all): (usize, usize)) -> String {
    if all == 0 {
        "-".to_owned()
    } else {
        format!("{right} of {all}")
    }
}

#[test]
fn patterns_look_unasked_where_they_were_right_and_the_table_says_so() {
    let judged = rows("judged.tsv", 6);
    let pairs = rows("pairs.tsv", 8);
    let reasons = rows("reasons.tsv", 3);
    let (in_packages, in_pairs) = (verdicts(&judged), verdicts(&pairs));
    let stated: HashMap<&str, &Vec<String>> =
        reasons.iter().map(|row| (row[0].as_str(), row)).collect();
    for code in in_packages
        .keys()
        .chain(in_pairs.keys())
        .chain(stated.keys())
    {
        let known = PATTERNS.iter().any(|pattern| pattern.code == *code);
        assert!(known, "there is no pattern `{code}`");
    }
    let mut table = String::new();
    for Pattern {
        code, is_default, ..
    } in PATTERNS
    {
        let packages = in_packages.get(code).copied().unwrap_or_default();
        let pairs = in_pairs.get(code).copied().unwrap_or_default();
        let (unasked, why) = match stated.get(code) {
            Some(row) => {
                assert!(["default", "asked"].contains(&row[1].as_str()), "{row:?}");
                (row[1] == "default", row[2].as_str())
            }
            None if packages.0 + pairs.0 > 0 => (true, "right in releases"),
            None => (false, UNPROVEN),
        };
        assert_eq!(
            *is_default, unasked,
            "`{code}`: tests/hits says otherwise: {why}"
        );
        let looks = if unasked { "yes" } else { "with `--all`" };
        let (packages, pairs) = (cell(packages), cell(pairs));
        table.push_str(&format!(
            "| `{code}` | {packages} | {pairs} | {looks} | {why} |\n"
        ));
    }
    let readme = std::fs::read_to_string(format!("{FOLDER}README.md")).unwrap();
    assert!(
        readme.contains(&table),
        "tests/hits/README.md has another table:\n{table}"
    );
}
