//! Tests that cannot run where a tool or a means of the system is missing: they say so, and fail
//! where all must run, which `./test` asks for with `NIGH_TEST_ALL`.

/// Says why a test does not run; panics where it must.
pub fn skip(why: impl std::fmt::Display) {
    assert!(
        std::env::var_os("NIGH_TEST_ALL").is_none(),
        "this test cannot run: {why}"
    );
    eprintln!("skipped: {why}");
}
