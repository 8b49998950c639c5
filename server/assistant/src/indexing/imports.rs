//! From the imports of an open document to the packages they lead to, whose files are read after
//! those of the workspace.

use super::index_thread::IndexThread;
use crate::documents::DocumentSnapshot;
use std::path::Path;
use syntax::Syntax;
use workspace::dependencies::Around;

impl IndexThread {
    /// Has the dependencies read that a document imports, unless they were.
    pub(super) fn follow_imports(&mut self, path: &Path, document: &DocumentSnapshot) {
        let (true, Some(grammar)) = (
            self.settings.enabled && self.settings.dependencies,
            document.grammar,
        ) else {
            return;
        };
        let rope = document.snapshot.rope();
        let parsed = document.snapshot.syntax.clone().filter(|_| document.parsed);
        let syntax = parsed.or_else(|| Syntax::parse(grammar, rope, None, &mut || false));
        let imports = syntax
            .map(|syntax| syntax.imports(rope))
            .unwrap_or_default();
        let paths: Vec<String> = imports
            .into_iter()
            .flat_map(|import| import.paths)
            .collect();
        let home = std::env::home_dir();
        let root = self
            .roots
            .of(path)
            .or_else(|| path.parent())
            .unwrap_or(path)
            .to_owned();
        let around = Around {
            file: path,
            root: &root,
            home: home.as_deref(),
        };
        let mut files = self.dependencies.wanted(grammar.id, &paths, &around);
        files.retain(|file| self.states.get(&file.name) != Some(&file.stamp));
        self.tell_more(files.len());
        self.pending.extend(files);
    }
}
