//! Whether a column seems to hold data of persons, by its name and by its values.
//!
//! A name is cut into words; the lists have English and Chinese ones. Values are those that occur
//! most: at least half must look alike. A guess that is wrong costs a masked value.

use super::super::{PersonalKind, ValueKind};

/// Words of a column's name, and what such a column holds. A row with two words wants both.
const NAMES: &[(&[&str], PersonalKind)] = &[
    (&["email"], PersonalKind::Mail),
    (&["mail"], PersonalKind::Mail),
    (&["邮箱"], PersonalKind::Mail),
    (&["邮件"], PersonalKind::Mail),
    (&["phone"], PersonalKind::Phone),
    (&["telephone"], PersonalKind::Phone),
    (&["mobile"], PersonalKind::Phone),
    (&["cellphone"], PersonalKind::Phone),
    (&["tel"], PersonalKind::Phone),
    (&["fax"], PersonalKind::Phone),
    (&["电话"], PersonalKind::Phone),
    (&["手机"], PersonalKind::Phone),
    (&["first", "name"], PersonalKind::PersonName),
    (&["last", "name"], PersonalKind::PersonName),
    (&["full", "name"], PersonalKind::PersonName),
    (&["middle", "name"], PersonalKind::PersonName),
    (&["family", "name"], PersonalKind::PersonName),
    (&["given", "name"], PersonalKind::PersonName),
    (&["user", "name"], PersonalKind::PersonName),
    (&["customer", "name"], PersonalKind::PersonName),
    (&["client", "name"], PersonalKind::PersonName),
    (&["patient", "name"], PersonalKind::PersonName),
    (&["employee", "name"], PersonalKind::PersonName),
    (&["student", "name"], PersonalKind::PersonName),
    (&["contact", "name"], PersonalKind::PersonName),
    (&["firstname"], PersonalKind::PersonName),
    (&["lastname"], PersonalKind::PersonName),
    (&["fullname"], PersonalKind::PersonName),
    (&["username"], PersonalKind::PersonName),
    (&["surname"], PersonalKind::PersonName),
    (&["forename"], PersonalKind::PersonName),
    (&["姓名"], PersonalKind::PersonName),
    (&["用户名"], PersonalKind::PersonName),
    (&["password"], PersonalKind::Secret),
    (&["passwd"], PersonalKind::Secret),
    (&["secret"], PersonalKind::Secret),
    (&["token"], PersonalKind::Secret),
    (&["api", "key"], PersonalKind::Secret),
    (&["apikey"], PersonalKind::Secret),
    (&["private", "key"], PersonalKind::Secret),
    (&["密码"], PersonalKind::Secret),
    (&["密钥"], PersonalKind::Secret),
    (&["address"], PersonalKind::Address),
    (&["street"], PersonalKind::Address),
    (&["地址"], PersonalKind::Address),
    (&["住址"], PersonalKind::Address),
    (&["ip"], PersonalKind::IpAddress),
    (&["birth"], PersonalKind::BirthDate),
    (&["birthday"], PersonalKind::BirthDate),
    (&["birthdate"], PersonalKind::BirthDate),
    (&["dob"], PersonalKind::BirthDate),
    (&["born"], PersonalKind::BirthDate),
    (&["出生"], PersonalKind::BirthDate),
    (&["生日"], PersonalKind::BirthDate),
    (&["ssn"], PersonalKind::PersonNumber),
    (&["passport"], PersonalKind::PersonNumber),
    (&["iban"], PersonalKind::PersonNumber),
    (&["card", "number"], PersonalKind::PersonNumber),
    (&["social", "security"], PersonalKind::PersonNumber),
    (&["national", "id"], PersonalKind::PersonNumber),
    (&["身份证"], PersonalKind::PersonNumber),
    (&["护照"], PersonalKind::PersonNumber),
    (&["银行卡"], PersonalKind::PersonNumber),
];

/// The values that are looked at.
const LOOKED_AT: usize = 200;

/// Which data of persons a column seems to hold.
pub(super) fn look(
    name: &str,
    kind: ValueKind,
    frequent: &[(String, u64)],
) -> Option<PersonalKind> {
    // Truths and quantities with fractions say nothing of one person.
    if matches!(
        kind,
        ValueKind::Boolean | ValueKind::Decimal | ValueKind::Empty
    ) {
        return None;
    }
    let words = words(name);
    let has = |word: &&str| {
        let is_chinese = !word.is_ascii();
        words
            .iter()
            .any(|w| w == word || is_chinese && w.contains(*word))
    };
    let by_name = NAMES.iter().find(|(wanted, _)| wanted.iter().all(&has));
    let by_name = by_name.map(|(_, personal)| *personal);
    let is_plausible = |personal: &PersonalKind| match personal {
        PersonalKind::BirthDate => kind.is_time() || kind.is_text() || kind == ValueKind::Integer,
        PersonalKind::Phone | PersonalKind::PersonNumber => !kind.is_time(),
        _ => kind.is_text(),
    };
    by_name
        .filter(is_plausible)
        .or_else(|| by_values(&words, kind, frequent))
}

/// The words of a name, in small letters: `customerEmail` and `customer_email` have two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let is_start = c.is_uppercase() && was_lower;
        if (!c.is_alphanumeric() || is_start) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Whether a value looks like data of persons.
type Look = fn(&str) -> bool;

/// Columns of persons, if their values look like names of persons.
const PERSONS: &[&str] = &[
    "name",
    "author",
    "owner",
    "customer",
    "client",
    "employee",
    "patient",
    "student",
    "person",
    "contact",
    "user",
    "driver",
    "manager",
    "passenger",
    "rep",
    "representative",
    "salesperson",
    "seller",
    "agent",
    "kunde",
    "kundin",
    "mitarbeiter",
    "销售员",
    "作者",
    "客户",
    "员工",
];

fn by_values(
    words: &[String],
    kind: ValueKind,
    frequent: &[(String, u64)],
) -> Option<PersonalKind> {
    let is_number = kind == ValueKind::Integer;
    if !kind.is_text() && !is_number || frequent.is_empty() {
        return None;
    }
    let looks: [(Look, PersonalKind); 5] = [
        (is_card, PersonalKind::PersonNumber),
        (is_mail, PersonalKind::Mail),
        (is_ip, PersonalKind::IpAddress),
        (is_phone, PersonalKind::Phone),
        (is_secret, PersonalKind::Secret),
    ];
    let values: Vec<&str> = frequent
        .iter()
        .take(LOOKED_AT)
        .map(|(text, _)| text.as_str())
        .collect();
    let is_most = |look: Look| {
        let count = values.iter().filter(|value| look(value)).count();
        count * 2 >= values.len()
    };
    let looks = &looks[..if is_number { 1 } else { looks.len() }];
    let found = looks.iter().find(|(look, _)| is_most(*look));
    if is_number {
        return found.map(|(_, personal)| *personal);
    }
    let is_person = words.len() == 1 && PERSONS.contains(&words[0].as_str());
    match found {
        Some((_, personal)) => Some(*personal),
        // Free text is shown by its first and last value, so one is enough.
        None if frequent.iter().any(|(text, _)| has_mail(text)) => Some(PersonalKind::Mail),
        None if frequent.iter().any(|(text, _)| has_phone(text)) => Some(PersonalKind::Phone),
        None if is_person && is_most(is_person_name) => Some(PersonalKind::PersonName),
        None => None,
    }
}

/// Two to four words with capitals, or two to four Chinese characters.
fn is_person_name(value: &str) -> bool {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    if value.chars().all(is_chinese) {
        return (2..=4).contains(&value.chars().count());
    }
    let is_word = |word: &str| {
        let rest = word.trim_matches(|c: char| ".,'-".contains(c));
        rest.starts_with(char::is_uppercase) && !rest.contains(|c: char| c.is_numeric())
    };
    let words = value.split_whitespace().count();
    (2..=4).contains(&words) && value.split_whitespace().all(is_word)
}

fn is_mail(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else {
        return false;
    };
    let is_host = host.split('.').count() > 1 && host.split('.').all(|part| !part.is_empty());
    !user.is_empty() && is_host && !value.contains(char::is_whitespace)
}

/// Whether a text of several words has an address of mail.
fn has_mail(text: &str) -> bool {
    let is_mark = |c: char| ",;:()<>".contains(c);
    text.contains('@')
        && text
            .split(|c: char| c.is_whitespace() || is_mark(c))
            .any(is_mail)
}

/// Whether a text has a phone number: nine digits or more, cut only by spaces and the marks of
/// phone numbers, that begin as such numbers do or are cut 3-3-4. Dates have fewer digits.
fn has_phone(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || " -()+/.".contains(c);
    let looks = |run: &str| {
        let run = run.trim_matches([' ', '-', '.', '/']);
        let digits = run.chars().filter(char::is_ascii_digit).count();
        let parts = run
            .split([' ', '-', '.', '(', ')'])
            .filter(|part| !part.is_empty());
        let is_cut = parts.map(str::len).eq([3, 3, 4]);
        (9..=15).contains(&digits)
            && (run.starts_with(['+', '0', '(']) && run.contains([' ', '-', '/', '+']) || is_cut)
    };
    text.contains(char::is_alphabetic) && text.split(|c: char| !is_part(c)).any(looks)
}

/// Whether a value is like the number of a card: 13 to 19 digits with a right check digit (Luhn).
fn is_card(value: &str) -> bool {
    let is_mark = |c: char| c == ' ' || c == '-';
    if !value.chars().all(|c| c.is_ascii_digit() || is_mark(c)) {
        return false;
    }
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |(at, digit): (usize, &u32)| match (at % 2, *digit * 2) {
        (0, _) => *digit,
        (_, twice) => twice / 10 + twice % 10,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

fn is_ip(value: &str) -> bool {
    value.parse::<std::net::IpAddr>().is_ok()
}

fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_mark = |c: char| c.is_ascii_digit() || " -().+/".contains(c);
    let is_marked = value.starts_with(['+', '(']) || value.matches([' ', '-']).count() >= 2;
    (8..=15).contains(&digits) && is_marked && value.chars().all(is_mark)
}

fn is_secret(value: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-=+/.".contains(c);
    let has = |is: fn(&char) -> bool| value.chars().filter(is).count() >= 3;
    // Identifiers with four hyphens are keys of rows, not of persons.
    let is_uuid = value.len() == 36 && value.matches('-').count() == 4;
    value.len() >= 24
        && value.chars().all(is_part)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && !is_uuid
}
