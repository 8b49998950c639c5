//! ALTER TABLE: one action after another, in the forms of all dialects.

use super::column::{ColumnDefinition, column, data_type, default};
use super::comments::Remarks;
use super::names::{self, name, table_name};
use super::table::{Understood, is_table_constraint, table_constraint};
use crate::schema::change::{ColumnPatch, KeyName, TableKey};
use crate::schema::{SchemaChange, TableName};
use crate::tokens::{Cursor, Kind};

/// First words of actions that change nothing here.
const IGNORED: &[&str] = &[
    "owner",
    "enable",
    "disable",
    "cluster",
    "set",
    "reset",
    "replica",
    "validate",
    "attach",
    "detach",
    "engine",
    "auto_increment",
    "default",
    "character",
    "convert",
    "order",
    "comment",
    "row_format",
    "charset",
    "collate",
    "no",
    "inherit",
    "force",
    "lock",
    "algorithm",
    "check",
    "nocheck",
    "switch",
    "rebuild",
    "of",
    "not",
    "partition",
    "remove",
    "discard",
    "import",
    "key_block_size",
    "without",
    "avg_row_length",
    "pack_keys",
    "type",
    "tablespace",
    "modify_partition",
    "reorganize",
    "truncate",
    "checksum",
];

/// Reads what follows ALTER TABLE.
pub(crate) fn alter_table(
    cursor: &mut Cursor<'_>,
    remarks: &Remarks<'_>,
) -> Result<Understood, String> {
    let if_exists = cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    let table = table_name(cursor).ok_or("the name of the table is not plain")?;
    cursor.mark(b'*');
    let mut actions = Actions {
        table,
        remarks,
        understood: Understood::default(),
        verb: Verb::None,
        if_exists,
    };
    for action in cursor.split(b',') {
        let mut rest = action;
        if let Err(why) = actions.take(&mut rest) {
            actions.understood.problems.push((action.line(), why));
        }
    }
    Ok(actions.understood)
}

/// What an action without a verb of its own goes on with: `ADD a int, b int`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    None,
    Add,
    Drop,
}

struct Actions<'a> {
    table: TableName,
    remarks: &'a Remarks<'a>,
    understood: Understood,
    verb: Verb,
    if_exists: bool,
}

impl Actions<'_> {
    fn push(&mut self, change: SchemaChange) {
        self.understood.changes.push(change);
    }

    fn table(&self) -> TableName {
        self.table.clone()
    }

    fn take(&mut self, rest: &mut Cursor<'_>) -> Result<(), String> {
        // T-SQL: WITH CHECK ADD CONSTRAINT.
        if rest.eat("with") {
            let _ = rest.eat("check") || rest.eat("nocheck");
        }
        if rest.eat("add") {
            self.verb = Verb::Add;
            return self.add(rest);
        }
        if rest.eat("drop") {
            self.verb = Verb::Drop;
            return self.drop(rest);
        }
        if rest.eat("rename") {
            return self.rename(rest);
        }
        if rest.eat("modify") {
            rest.eat("column");
            let found = column(rest)?;
            return self.replace(found.column.name.clone(), found);
        }
        if rest.eat("change") {
            rest.eat("column");
            let old = name(rest).ok_or("no name of a column after CHANGE")?;
            let found = column(rest)?;
            return self.replace(old, found);
        }
        if rest.eat("alter") {
            return self.alter(rest);
        }
        if rest.eat_all(&["set", "schema"]) {
            let namespace = name(rest).ok_or("no name after SET SCHEMA")?;
            let to = TableName::within(Some(namespace), self.table.name.clone());
            let table = self.table();
            self.push(SchemaChange::Rename { table, to });
            return Ok(());
        }
        if rest.eat("comment") {
            rest.mark(b'=');
            let token = rest.next().ok_or("no text after COMMENT")?;
            let text = Some(names::text(rest.of(token)));
            let table = self.table();
            self.push(SchemaChange::Comment {
                table,
                column: None,
                text,
            });
            return Ok(());
        }
        match self.verb {
            _ if rest.is_any(IGNORED) => Ok(()),
            Verb::Add => self.add(rest),
            Verb::Drop => self.drop(rest),
            Verb::None => Err(format!("unknown action `{}`", super::column::shown(rest))),
        }
    }

    fn add(&mut self, rest: &mut Cursor<'_>) -> Result<(), String> {
        if rest.eat("partition") || rest.eat("period") {
            return Ok(());
        }
        let has_word = rest.eat("column");
        let or_keep = rest.eat_all(&["if", "not", "exists"]) || self.if_exists;
        if let Some(inner) = rest.group(b'(') {
            for mut item in inner.split(b',') {
                self.add_item(&mut item, or_keep)?;
            }
            return Ok(());
        }
        if has_word {
            self.add_column(rest, or_keep)
        } else {
            self.add_item(rest, or_keep)
        }
    }

    fn add_item(&mut self, item: &mut Cursor<'_>, or_keep: bool) -> Result<(), String> {
        if !is_table_constraint(item) {
            return self.add_column(item, or_keep);
        }
        // T-SQL: ADD CONSTRAINT name DEFAULT value FOR column.
        let mut ahead = *item;
        if ahead.eat("constraint") && name(&mut ahead).is_some() && ahead.eat("default") {
            let value = default(&mut ahead);
            ahead.eat("for");
            let column = name(&mut ahead).ok_or("no name of a column after FOR")?;
            let patch = ColumnPatch {
                default: Some(Some(value)),
                ..ColumnPatch::default()
            };
            self.patch(column, patch);
            return Ok(());
        }
        // PostgreSQL: ADD CONSTRAINT name PRIMARY KEY USING INDEX index.
        let Some(key) = table_constraint(item) else {
            return Ok(());
        };
        let table = self.table();
        self.push(SchemaChange::AddKey { table, key });
        Ok(())
    }

    fn add_column(&mut self, item: &mut Cursor<'_>, or_keep: bool) -> Result<(), String> {
        let whole = *item;
        let ColumnDefinition { mut column, keys } = column(item)?;
        column.comment = column.comment.or_else(|| self.remarks.of_item(&whole));
        let table = self.table();
        self.push(SchemaChange::AddColumn {
            table,
            column: Box::new(column),
            or_keep,
        });
        self.add_keys(keys);
        Ok(())
    }

    fn add_keys(&mut self, keys: Vec<TableKey>) {
        for key in keys {
            let table = self.table();
            self.push(SchemaChange::AddKey { table, key });
        }
    }

    fn replace(&mut self, old: String, found: ColumnDefinition) -> Result<(), String> {
        let table = self.table();
        self.push(SchemaChange::ReplaceColumn {
            table,
            old,
            column: Box::new(found.column),
        });
        self.add_keys(found.keys);
        Ok(())
    }

    fn patch(&mut self, column: String, patch: ColumnPatch) {
        let table = self.table();
        self.push(SchemaChange::AlterColumn {
            table,
            column,
            patch,
        });
    }

    fn drop(&mut self, rest: &mut Cursor<'_>) -> Result<(), String> {
        let table = Some(self.table());
        let key = if rest.eat_all(&["primary", "key"]) {
            KeyName::Primary
        } else if rest.eat_all(&["foreign", "key"])
            || rest.eat("index")
            || rest.eat("key")
            || rest.eat("constraint")
            || rest.eat("check")
        {
            rest.eat_all(&["if", "exists"]);
            KeyName::Named(name(rest).ok_or("no name of what is dropped")?)
        } else if rest.eat("partition") {
            return Ok(());
        } else {
            rest.eat("column");
            let if_exists = rest.eat_all(&["if", "exists"]) || self.if_exists;
            return self.drop_column(rest, if_exists);
        };
        self.push(SchemaChange::DropKey { table, name: key });
        Ok(())
    }

    fn drop_column(&mut self, rest: &mut Cursor<'_>, if_exists: bool) -> Result<(), String> {
        let mut names = match rest.group(b'(') {
            Some(inner) => inner.split(b','),
            None => vec![*rest],
        };
        for part in &mut names {
            let column = name(part).ok_or("no name of a column after DROP")?;
            let table = self.table();
            self.push(SchemaChange::DropColumn {
                table,
                column,
                if_exists,
            });
        }
        Ok(())
    }

    fn rename(&mut self, rest: &mut Cursor<'_>) -> Result<(), String> {
        let table = self.table();
        if rest.eat_any(&["index", "key", "constraint"]) {
            return Ok(());
        }
        if rest.eat("to") || rest.eat("as") {
            let to = table_name(rest).ok_or("no name after RENAME TO")?;
            self.push(SchemaChange::Rename { table, to });
            return Ok(());
        }
        rest.eat("column");
        rest.eat_all(&["if", "exists"]);
        let from = name(rest).ok_or("no name of a column after RENAME")?;
        if !rest.eat("to") {
            // MySQL: RENAME new_name.
            let to = TableName::plain(from);
            self.push(SchemaChange::Rename { table, to });
            return Ok(());
        }
        let to = name(rest).ok_or("no new name of a column after RENAME")?;
        self.push(SchemaChange::RenameColumn { table, from, to });
        Ok(())
    }

    fn alter(&mut self, rest: &mut Cursor<'_>) -> Result<(), String> {
        if rest.eat_any(&["index", "constraint", "check"]) {
            return Ok(());
        }
        rest.eat("column");
        rest.eat_all(&["if", "exists"]);
        let column = name(rest).ok_or("no name of a column after ALTER")?;
        let mut patch = ColumnPatch::default();
        if rest.eat_all(&["set", "default"]) {
            patch.default = Some(Some(default(rest)));
        } else if rest.eat_all(&["drop", "default"]) {
            patch.default = Some(None);
        } else if rest.eat_all(&["set", "not", "null"]) {
            patch.nullable = Some(false);
        } else if rest.eat_all(&["drop", "not", "null"]) {
            patch.nullable = Some(true);
        } else if rest.eat_all(&["drop", "identity"]) {
            patch.is_identity = Some(false);
        } else if rest.eat("add") {
            patch.is_identity = Some(rest.eat("generated"));
        } else if rest.is_any(&["set", "drop", "reset", "restart"])
            && !rest.eat_all(&["set", "data", "type"])
        {
            return Ok(());
        } else {
            rest.eat("type");
            patch.data_type = data_type(rest).map(|(found, _)| found);
            while let Some(token) = rest.peek() {
                // T-SQL says here whether the column may be NULL.
                if rest.eat_all(&["not", "null"]) {
                    patch.nullable = Some(false);
                } else if token.kind == Kind::Word && rest.eat("null") {
                    patch.nullable = Some(true);
                } else {
                    rest.skip();
                }
            }
        }
        self.patch(column, patch);
        Ok(())
    }
}
