//! Names cut into words, full words of abbreviations, and stems. The words that every case expects
//! are written out here; nothing is compared with what the code gave before.

use super::{full, of_name, segment, stem};

fn split(name: &str) -> String {
    of_name(name).join(" ")
}

#[test]
fn names_are_split_at_signs_and_case() {
    assert_eq!(split("order_items"), "order items");
    assert_eq!(split("OrderItems"), "order items");
    assert_eq!(split("HTTPServerName"), "http server name");
    assert_eq!(split("Stadium_ID"), "stadium id");
    assert_eq!(split("address2"), "address2");
    assert_eq!(split("订单_amount"), "订单 amount");
    assert_eq!(split("订单amount"), "订单 amount");
    assert_eq!(split(""), "");
    assert_eq!(split("__"), "");
}

#[test]
fn names_without_borders_are_split_by_words() {
    assert_eq!(split("petid"), "pet id");
    assert_eq!(split("PetID"), "pet id");
    assert_eq!(split("stuid"), "stu id");
    assert_eq!(split("departmentname"), "department name");
    assert_eq!(split("sourceairport"), "source airport");
    assert_eq!(split("orderitems"), "order items");
    assert_eq!(split("zorkcode"), "zork code");
}

#[test]
fn words_that_look_fused_stay_whole() {
    for name in [
        "paid",
        "surname",
        "update",
        "candidate",
        "database",
        "casino",
        "employees",
        "valid",
        "notes",
        "mileage",
        "package",
        "percentage",
        "countries",
        "holiday",
        "lname",
        "dob",
    ] {
        assert_eq!(split(name), name);
    }
}

#[test]
fn abbreviations_have_full_words() {
    assert_eq!(full("qty"), Some("quantity"));
    assert_eq!(full("lname"), Some("last name"));
    assert_eq!(full("quantity"), None);
}

#[test]
fn forms_of_a_word_share_a_stem() {
    for (a, b) in [
        ("city", "cities"),
        ("country", "countries"),
        ("movie", "movies"),
        ("course", "courses"),
        ("class", "classes"),
        ("box", "boxes"),
        ("match", "matches"),
        ("status", "statuses"),
        ("address", "addresses"),
        ("hire", "hired"),
        ("hire", "hiring"),
        ("visit", "visited"),
        ("stop", "stopped"),
        ("sell", "selling"),
        ("sell", "sold"),
        ("study", "studied"),
        ("person", "people"),
        ("child", "Children"),
        ("salary", "salaries"),
        ("id", "ids"),
        ("employee", "employees"),
        ("nomination", "nominated"),
        ("evaluations", "evaluate"),
        ("enrollments", "enrolled"),
    ] {
        assert_eq!(stem(a), stem(b), "{a} and {b}");
    }
    for (a, b) in [
        ("speed", "spe"),
        ("need", "ne"),
        ("sing", "s"),
        ("bus", "bu"),
        ("age", "ag"),
        ("production", "product"),
        ("nation", "nat"),
    ] {
        assert_ne!(stem(a), stem(b), "{a} and {b}");
    }
    assert_eq!(stem("城市"), "城市");
}

#[test]
fn chinese_is_cut_into_known_words() {
    let is_word = |word: &str| ["按年", "按", "年龄", "排序"].contains(&word);
    assert_eq!(segment("按年龄排序", 6, &is_word), ["按", "年龄", "排序"]);
    let known = ["销售", "销售额", "最高", "产品", "类别", "产品类别"];
    let is_word = |word: &str| known.contains(&word);
    assert_eq!(
        segment("销售额最高的产品类别", 6, &is_word),
        ["销售额", "最高", "的", "产品类别"]
    );
    assert!(segment("", 6, &is_word).is_empty());
    assert_eq!(segment("销售", 0, &is_word), ["销", "售"]);
}
