//! Django's models: classes, with fields that they inherit from abstract ones.

mod choices;
mod customs;
mod fields;
mod foreign;
mod migrations;
mod project;
mod tables;
mod targets;

use super::python::PythonFile;
use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use fields::DjangoModel;
use foreign::FOREIGN;
use migrations::is_migration;
use project::Project;
use tables::DjangoModels;

pub(crate) const READER: Reader = Reader {
    name: "Django",
    rank: 5,
    may_be: |path| path.ends_with(".py"),
    is: |path, text| {
        let is_app = path.ends_with("apps.py") && text.contains("AppConfig");
        is_app
            || is_migration(path, text)
            || text.contains("models.") && text.contains("Field") && text.contains("django")
            || text.contains("AUTH_USER_MODEL =")
    },
    read,
};

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let (migrations, files): (Vec<&SchemaFile>, Vec<&SchemaFile>) = files
        .iter()
        .partition(|file| is_migration(&file.path, file.text()));
    let mut builder = Builder::default();
    let foreign: Vec<SchemaFile> = FOREIGN.iter().map(|(_, text)| foreign_file(text)).collect();
    let lexed: Vec<PythonFile<'_>> = files.iter().map(|file| PythonFile::of(file)).collect();
    let project = Project::of(&lexed, &foreign);
    let models: Vec<DjangoModel> = project.models(&mut builder);
    DjangoModels::new(models, project.user()).describe(&mut builder);
    let migrated = self::migrations::read(&migrations, &project);
    vec![migrated, Unit::of(&READER, builder)]
}

fn foreign_file(text: &str) -> SchemaFile {
    SchemaFile {
        path: "django".into(),
        content: super::FileContent::Text(text.to_owned()),
    }
}
