//! Counts what is read of the schema of each folder, or prints it all.
//!
//! `cargo run -p data --example schema -- [--all] FOLDER...`. It knows no option of `nigh schema`
//! and is for whoever works on a reader.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_all = arguments.iter().any(|argument| argument == "--all");
    for folder in arguments.iter().filter(|argument| *argument != "--all") {
        let schema = data::find::in_folder(folder.as_ref());
        print(folder, &schema, is_all);
    }
}

#[allow(clippy::print_stdout)]
fn print(folder: &str, schema: &data::Schema, is_all: bool) {
    if is_all {
        let (text, account) = (data::print::text(schema), data::print::account(schema));
        println!("{text}{account}");
    }
    let columns: usize = schema.tables.iter().map(|table| table.columns.len()).sum();
    let keys: usize = schema
        .tables
        .iter()
        .map(|table| table.foreign_keys.len())
        .sum();
    println!(
        "{folder}: {} tables, {columns} columns, {keys} foreign keys, {} gaps",
        schema.tables.len(),
        schema.notes.iter().filter(|note| note.is_gap).count(),
    );
    for source in &schema.sources {
        println!("  {}: {} tables", source.kind, source.tables);
    }
}
