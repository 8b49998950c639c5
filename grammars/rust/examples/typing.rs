use std::path::{Path, PathBuf};

struct Finder {
    root: PathBuf,
    depth: usize,
}

impl Finder {
    fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), depth: }
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let mut open = vec![self.root.clone()];
        while let Some(path) = open.
    }
}

fn main() {
    let finder = Finder::new(Path::new("."));
    println!("{:?}", finder.find("Cargo.toml"));
}
