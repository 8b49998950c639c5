//! Margins between names, with a model that expects one name.

use crate::model_checks::misuse::margins;
use crate::model_checks::variable_uses;
use context::testing::{Finite, snapshot};

const CODE: &str = "def area(width, height):\n    result = width * width\n    return result\n";

#[test]
fn places_are_uses_of_the_functions_own_names() {
    let snapshot = snapshot("a.py", CODE);
    let (uses, names) = variable_uses(&snapshot, 0..CODE.len());
    assert_eq!(names, ["width", "height", "result"]);
    assert_eq!(
        uses.iter()
            .map(|place| place.name.as_str())
            .collect::<Vec<_>>(),
        ["width", "width", "result"]
    );
    assert_eq!(&CODE[uses[1].range.clone()], "width");
}

#[test]
fn the_margin_is_how_much_likelier_another_name_is() {
    let snapshot = snapshot("a.py", CODE);
    let (uses, names) = variable_uses(&snapshot, 0..CODE.len());
    let answers = [("height", 0.6), ("width", 0.3), ("result", 0.1)];
    let answers = answers.map(|(name, chance)| (format!(" {name}\n    return result\n"), chance));
    let answers = answers
        .each_ref()
        .map(|(text, chance)| (text.as_str(), *chance));
    let mut model = Finite::new("width *", &[], &answers);
    let found = margins(&snapshot, 0, &uses[1..2], &names, &mut model).unwrap();
    assert_eq!((found.len(), found[0].other.as_str()), (1, "height"));
    assert!((found[0].margin - 2f32.ln()).abs() < 1e-5, "{found:?}");
    assert!(
        model.prompts[0].ends_with("def area(width, height):\n    result = width *"),
        "{:?}",
        model.prompts
    );
}

#[test]
fn a_name_without_alternatives_gives_no_margin() {
    let snapshot = snapshot("a.py", CODE);
    let (uses, _) = variable_uses(&snapshot, 0..CODE.len());
    let mut model = Finite::new("", &[], &[]);
    let found = margins(&snapshot, 0, &uses, &["width".into()], &mut model).unwrap();
    assert!(found.is_empty());
}
