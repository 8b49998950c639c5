//! Names at marked places, with a model that prefers some names.

use super::at_mark;
use crate::identifiers::identifiers;
use context::Prompt;
use context::testing::Finite;

/// What is given at `$0` when the model finds the `liked` names likely, the first one most.
fn given(path: &str, text: &str, liked: &[&str]) -> Vec<String> {
    let answers: Vec<(&str, f32)> = liked
        .iter()
        .zip([0.5, 0.25, 0.125])
        .map(|(name, chance)| (*name, chance))
        .collect();
    let mut model = Finite::new("", &[], &answers);
    let mut found = at_mark(path, text, |context| {
        identifiers(context, &Prompt::default(), &mut model).unwrap()
    });
    found.truncate(liked.len());
    found
}

#[test]
fn variables_of_the_function_come_with_what_ends_the_line() {
    let python = "def f(width, height):\n    area = width * height\n    return $0\n";
    assert_eq!(given("a.py", python, &["area", "width"]), ["area", "width"]);
    assert_eq!(
        given("a.py", "def f(names):\n    for one in $0\n", &["names"]),
        ["names:"]
    );
    assert_eq!(
        given(
            "a.c",
            "int f(int left) {\n    g();\n    return abs($0\n}\n",
            &["left"]
        ),
        ["left);"]
    );
    assert_eq!(
        given(
            "a.c",
            "int f(int left) {\n    g();\n    if (!$0\n}\n",
            &["left"]
        ),
        ["left) {"]
    );
    assert_eq!(
        given(
            "a.js",
            "function f(left) {\n  g()\n  return $0\n}\n",
            &["left"]
        ),
        ["left"]
    );
}

#[test]
fn fields_come_with_what_the_language_calls_the_object() {
    let php = "<?php\nclass A {\n  function f() {\n    $this->total = 1;\n    return $0;\n  }\n}\n";
    assert_eq!(given("a.php", php, &["$this->total"]), ["$this->total"]);
    let members = php.replace("return $0;", "$this->$0;");
    assert_eq!(given("a.php", &members, &["total"]), ["total"]);
    let python = "class A:\n    def f(self, this):\n        this.total = 1\n        return $0\n";
    assert_ne!(given("a.py", python, &["this.total"]), ["this.total"]);
}

#[test]
fn half_a_word_must_begin_the_name_and_is_not_given_again() {
    let text = "def f(width, height):\n    return wi$0\n";
    assert_eq!(given("a.py", text, &["dth"]), ["dth"]);
    assert_eq!(
        given("a.py", "def f(width):\n    x =$0\n", &[" width"]),
        [" width"]
    );
}

#[test]
fn a_line_may_be_the_return_of_a_variable() {
    let text = "def f(items):\n    total = sum(items)\n    $0\n";
    assert_eq!(given("a.py", text, &["return total"]), ["return total"]);
    assert_eq!(
        given("a.py", &text.replace("$0", "re$0"), &["turn total"]),
        ["turn total"]
    );
    let java = "class A {\n    int f(int total) {\n        g();\n        $0\n    }\n\n    ^\n}\n";
    assert_eq!(
        given("A.java", &java.replace('^', ""), &["return total;"]),
        ["return total;"]
    );
    let in_class = java.replace("$0", "").replace('^', "$0");
    assert_eq!(
        given("A.java", &in_class, &["return total;"]),
        [""; 0],
        "outside of functions nothing returns"
    );
    assert_eq!(
        given("a.py", "call(\n    items,\n    $0\n", &["items"]),
        ["items,"]
    );
}

#[test]
fn members_are_those_of_the_object_or_of_its_class() {
    let text = "class A:\n    def f(self):\n        self.first = 1\n\n    def g(self, x):\n        return self.$0\n";
    assert_eq!(given("a.py", text, &["first"]), ["first"]);
    assert_eq!(given("a.py", text, &["f()"]), ["f()"]);
    let java = "class A {\n    private int code;\n\n    int getCode() {\n        return $0\n    }\n\n    int n() {\n        return 1;\n    }\n}\n";
    assert_eq!(given("A.java", java, &["code"]), ["code;"]);
}

#[test]
fn nothing_is_named_in_comments_and_strings_or_where_no_value_can_be() {
    let names = |text: &str| given("a.py", text, &["width", "width"]);
    assert_eq!(
        names("def f(width):\n    # of (\n    x = 'a, $0\n"),
        [""; 0]
    );
    assert_eq!(names("def f(width):\n    # a, $0\n"), [""; 0]);
    assert_eq!(names("def f(width):\n    x $0\n"), [""; 0]);
    assert_eq!(names("# width of\nprint($0\n"), [""; 0]);
    assert_eq!(
        given("a.py", "width = 1\n$0\n", &["return width", "return width"]),
        [""; 0]
    );
}

#[test]
fn words_of_texts_and_types_are_no_variables() {
    let text = "class A {\n  int f(Path width, int height) {\n    log(\"the depth\");\n    int area = 1; /* of a\n    volume */\n    width = $0\n    log(1);\n  }\n}\n";
    assert_eq!(
        given("A.java", text, &["area", "height"]),
        ["area;", "height;"]
    );
    let python = "def f(width):\n    \"\"\"the depth of it\"\"\"\n    return $0\n";
    assert_eq!(given("a.py", python, &["width", "depth", "the"]), ["width"]);
}
