//! The generated pages of docs/ are current: each is written by a script, which is asked whether it
//! would write the same.

use std::process::Command;

#[test]
fn generated_pages_are_current() {
    for script in ["docs/settings.py", "docs/benchmarks.py"] {
        let output = Command::new("python3")
            .args([script, "--check"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
