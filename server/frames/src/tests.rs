//! Cursors are `$0`.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

struct Sales;

fn column(name: &str, kind: &str) -> FrameColumn {
    FrameColumn {
        name: name.into(),
        kind: kind.into(),
        is_number: matches!(kind, "integer" | "decimal"),
        is_time: kind == "date",
    }
}

impl FrameColumns for Sales {
    fn columns(&self, path: &str) -> Option<Arc<[FrameColumn]>> {
        path.ends_with("sales.csv").then(|| {
            [
                column("date", "date"),
                column("region", "text"),
                column("price", "decimal"),
                column("quantity", "integer"),
                column("unit price in EUR", "text"),
            ]
            .into()
        })
    }
}

fn at_cursor(marked: &str) -> (String, usize) {
    let offset = marked.find("$0").unwrap();
    (marked.replacen("$0", "", 1), offset)
}

fn completed(language: &str, marked: &str) -> Vec<String> {
    let (text, offset) = at_cursor(marked);
    let Some(code) = FrameCode::of(&text, language) else {
        return Vec::new();
    };
    let found = code.complete(offset, &Sales);
    found.into_iter().map(|found| found.name).collect()
}

const READ: &str = "import pandas as pd\ndf = pd.read_csv(\"data/sales.csv\")\n";

#[test]
fn columns_complete_where_python_names_them() {
    for line in [
        "df[\"pri$0",
        "df['pri$0']",
        "x = df[[\"region\", \"pri$0",
        "df.loc[df.region == 'x', \"pri$0\"]",
        "df.groupby([\"pri$0\"])",
        "df.groupby(\"region\")[\"pri$0\"].sum()",
        "df.dropna().sort_values(by=[\"pri$0",
        "df.groupby('region').agg({\"pri$0\": 'sum'})",
        "out = df.filter(pl.col(\"pri$0\") > 3)",
        "sns.lineplot(data=df, x=\"pri$0\")",
        "df.plot(x='pri$0')",
        "px.line(df, x='pri$0')",
        "other = df[df.price > 1]\nother[\"pri$0",
    ] {
        let found = completed("python", &format!("{READ}{line}"));
        assert_eq!(found.first().map(String::as_str), Some("price"), "{line}");
    }
    assert_eq!(completed("python", &format!("{READ}df.$0")).len(), 4);
    assert_eq!(completed("python", &format!("{READ}df.qu$0")), ["quantity"]);
}

#[test]
fn arguments_say_which_columns_are_read() {
    let read = |arguments: &str| {
        let text = format!("df = pd.read_csv('sales.csv', {arguments})\ndf['$0']");
        completed("python", &text)
    };
    assert_eq!(read("usecols=['price', 'region']"), ["region", "price"]);
    assert!(!read("index_col='date'").contains(&"date".to_owned()));
    assert!(read("header=None").is_empty() && read("names=['a']").is_empty());
}

#[test]
fn names_are_escaped_as_the_quotes_need() {
    struct Odd;
    impl FrameColumns for Odd {
        fn columns(&self, _: &str) -> Option<Arc<[FrameColumn]>> {
            Some([column("it's", "text"), column("a\nb", "text")].into())
        }
    }
    let texts = |quote: char| -> Vec<String> {
        let text = format!("df = pd.read_csv('x.csv')\ndf[{quote}{quote}]");
        let code = FrameCode::of(&text, "python").unwrap();
        let found = code.complete(text.len() - 2, &Odd);
        found.into_iter().map(|found| found.text).collect()
    };
    assert_eq!(texts('\''), [r"it\'s"]);
    assert_eq!(texts('"'), ["it's"]);
}

#[test]
fn nothing_completes_elsewhere() {
    for line in [
        "print(\"pri$0\")",
        "names[\"pri$0\"]",
        "df.groupby('region').agg({'price': \"$0\"})",
        "df.merge(other, how=\"$0\")",
        "df.price.$0",
        "# df[\"pri$0",
    ] {
        assert!(
            completed("python", &format!("{READ}{line}")).is_empty(),
            "{line}"
        );
    }
    assert!(completed("python", "df[\"$0\"]\ndf = pd.read_csv('sales.csv')").is_empty());
}

#[test]
fn other_languages_and_other_ways_to_read() {
    let rust = "let df = LazyCsvReader::new(\"sales.csv\").finish()?;\nlet x = df.select([col(\"re$0\")]);";
    assert_eq!(completed("rust", rust)[0], "region");
    let script = "const rows = await d3.csv(\"./sales.csv\");\nrows[\"re$0\"]";
    assert_eq!(completed("javascript", script)[0], "region");
    let constant = "PATH = \"sales.csv\"\nt = pl.scan_csv(PATH)\nt.select(\"re$0\")";
    assert_eq!(completed("python", constant)[0], "region");
    let joined = "df = pd.read_csv(os.path.join(\"data\", \"sales.csv\"))\ndf[\"re$0\"]";
    assert_eq!(completed("python", joined)[0], "region");
    let code = FrameCode::of("a = Path('x') / 'sales.csv'\n", "python").unwrap();
    assert_eq!(code.paths[0].path, "x/sales.csv");
}

#[test]
fn rows_of_a_file_have_its_columns() {
    for code in [
        "for row in csv.DictReader(open('sales.csv')):\n    row['reg$0']",
        "with open('data/sales.csv', newline='') as f:\n    for row in csv.DictReader(f):\n        row[\"reg$0",
        "f = open('sales.csv')\nrows = csv.DictReader(f, delimiter=';')\nfor row in rows:\n    x = row.get('reg$0')",
        "with Path('sales.csv').open() as f:\n    r = DictReader(f)\n    for row in r:\n        row['reg$0",
    ] {
        assert_eq!(completed("python", code), ["region"], "{code}");
    }
    for code in [
        "for row in csv.DictReader(open('sales.csv')):\n    row.re$0",
        "for row in csv.DictReader(open('sales.csv'), fieldnames=['a']):\n    row['reg$0']",
        "for row in csv.DictReader(open('sales.csv'), names):\n    row['reg$0']",
        "for row in csv.reader(open('sales.csv')):\n    row['reg$0']",
        "for row in open('sales.csv'):\n    row['reg$0']",
    ] {
        assert!(completed("python", code).is_empty(), "{code}");
    }
}

#[test]
fn columns_that_code_adds_are_known_from_there_on() {
    let text = format!("{READ}df['total'] = 1\ndf['tot$0']");
    assert_eq!(completed("python", &text), ["total"]);
}

fn problems(body: &str) -> Vec<String> {
    let text = format!("{READ}{body}");
    let code = FrameCode::of(&text, "python").unwrap();
    let found = code.check(&Sales);
    for problem in &found {
        assert!(!text[problem.range.clone()].contains('"'));
    }
    found.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn a_misspelt_column_is_marked() {
    let message = "`sales.csv` has no column `prcie`; did you mean `price`?";
    assert_eq!(problems("df['prcie'].sum()"), [message]);
    assert_eq!(problems("print(df[\"prcie\"])\nprint(len(df))"), [message]);
    assert_eq!(
        problems("df['total'] = df['price'] * df['quantty']").len(),
        1
    );
    assert_eq!(problems("df['total'] = 2\nx = df['totl']").len(), 1);
}

#[test]
fn what_cannot_be_followed_is_not_marked() {
    for body in [
        "df['price']",
        "df['something_else']",
        "df = df.rename(columns=str.upper)\ndf['prcie']",
        "df.rename(columns={'price': 'prcie'}, inplace=True)\ndf['prcie']",
        "df.columns = names\ndf['prcie']",
        "df.insert(0, 'prcie', 1)\ndf['prcie']",
        "prepare(df)\ndf['prcie']",
        "other = df\nother['prcie'] = 1\ndf['prcie']",
        "for name in names:\n    df[name] = 1\ndf['prcie']",
        "df.loc[:, 'prcie'] = 1\ndf['prcie']",
        "def f(df):\n    return df['prcie']",
        "with open(x) as df:\n    df['prcie']",
        "del df['price']\ndf['prcie']",
        "self.df['prcie']",
        "df['prcie'] = 1",
        "df[f'prcie']",
        "if 'prcie' in df.columns:\n    df['prcie']",
        "try:\n    df['prcie']\nexcept KeyError:\n    pass",
        "[df['prcie'] for df in frames]",
    ] {
        assert_eq!(problems(body), [""; 0], "{body}");
    }
    let renamed = "df = pd.read_csv('sales.csv', names=['prcie'])\ndf['prcie']";
    let code = FrameCode::of(renamed, "python").unwrap();
    assert_eq!(code.check(&Sales), []);
}

#[test]
fn hovers_show_the_file_and_its_columns() {
    let shown = |marked: &str| {
        let (text, offset) = at_cursor(marked);
        let code = FrameCode::of(&text, "python")?;
        code.hover(offset)?.markdown(&Sales)
    };
    let of_path = shown("df = pd.read_csv('sa$0les.csv')").unwrap();
    assert!(of_path.contains("5 columns") && of_path.contains("| `price` | decimal |"));
    let of_frame = shown(&format!("{READ}d$0f.head()")).unwrap();
    assert_eq!(of_path, of_frame);
    let of_column = shown(&format!("{READ}df['pri$0ce']")).unwrap();
    assert_eq!(of_column, "`price`: decimal in `sales.csv`");
    assert_eq!(shown("df = pd.read_csv('ot$0her.csv')"), None);
}

#[test]
fn new_columns_are_derived_from_their_names() {
    let derived = |line: &str| {
        let (text, offset) = at_cursor(&format!("{READ}{line}"));
        FrameCode::of(&text, "python")?.derive(offset, &Sales)
    };
    let product = "df[\"price\"] * df[\"quantity\"]";
    assert_eq!(derived("df['total_value'] = $0").as_deref(), Some(product));
    assert_eq!(
        derived("df['totalValue'] =$0").unwrap(),
        format!(" {product}")
    );
    assert_eq!(
        derived("df['order_month'] = $0").unwrap(),
        "df[\"date\"].dt.month"
    );
    assert_eq!(derived("df['price'] = $0"), None);
    assert_eq!(derived("df['color'] = $0"), None);
    assert_eq!(derived("df['total'] = $0 + 1"), None);
}

#[test]
fn no_code_makes_it_fail() {
    let config = Config {
        cases: 4_000,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let part = prop::sample::select(vec![
        "df",
        "x",
        "=",
        " ",
        "\n",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        ".",
        ",",
        ":",
        "pd.read_csv('sales.csv')",
        "\"price\"",
        "groupby",
        "col",
        "data=",
        "loc",
        "é",
        "#",
        "/",
        "os.path.join(",
        "\"\"\"",
        "inplace=True",
        "del ",
        ";",
    ]);
    let code = prop::collection::vec(part, 0..40);
    TestRunner::new_with_rng(config, random)
        .run(&code, |parts| {
            let text = format!("df = pd.read_csv('sales.csv')\n{}", parts.concat());
            for language in ["python", "rust", "typescript"] {
                let Some(code) = FrameCode::of(&text, language) else {
                    continue;
                };
                code.check(&Sales);
                for offset in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                    for found in code.complete(offset, &Sales) {
                        prop_assert!(text.get(found.range).is_some());
                    }
                    code.hover(offset);
                    code.derive(offset, &Sales);
                }
            }
            Ok(())
        })
        .unwrap();
}
