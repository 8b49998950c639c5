//! Tests that cannot run where a tool or a means of the system is missing: they say so in the file
//! that `NIGH_SKIPPED` names, and fail where all must run. `./test` asks for both.

#![allow(clippy::unwrap_used)]

/// Says why a test does not run; panics where it must.
pub fn skip(why: impl std::fmt::Display) {
    assert!(
        std::env::var_os("NIGH_TEST_ALL").is_none(),
        "this test cannot run: {why}"
    );
    eprintln!("skipped: {why}");
    note(&why);
}

/// Adds a line to the file that `NIGH_SKIPPED` names: the output of a test that passes is lost.
fn note(why: &dyn std::fmt::Display) {
    let Some(path) = std::env::var_os("NIGH_SKIPPED") else {
        return;
    };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    std::io::Write::write_all(&mut file, format!("{why}\n").as_bytes()).unwrap();
}
