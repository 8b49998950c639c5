//! Which dialect of SQL a file is written in, guessed from what only one dialect has.

/// A dialect, as far as reading differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// SQLite, DuckDB, or no mark of any.
    #[default]
    Any,
    MySql,
    Postgres,
    TSql,
}

/// Marks in lower case, and what each counts.
const MARKS: &[(Flavor, &str, usize)] = &[
    (Flavor::MySql, "engine=", 5),
    (Flavor::MySql, "engine =", 5),
    (Flavor::MySql, "auto_increment", 5),
    (Flavor::MySql, "unsigned", 2),
    (Flavor::MySql, "/*!4", 5),
    (Flavor::MySql, "default charset", 5),
    (Flavor::MySql, "create table `", 2),
    (Flavor::MySql, "create table if not exists `", 2),
    (Flavor::MySql, "change column", 2),
    (Flavor::MySql, "modify column", 2),
    (Flavor::Postgres, "serial", 2),
    (Flavor::Postgres, "nextval(", 5),
    (Flavor::Postgres, "plpgsql", 5),
    (Flavor::Postgres, "::", 2),
    (Flavor::Postgres, "timestamptz", 3),
    (Flavor::Postgres, "jsonb", 3),
    (Flavor::Postgres, "with time zone", 3),
    (Flavor::Postgres, "character varying", 3),
    (Flavor::Postgres, "$$", 3),
    (Flavor::Postgres, "create extension", 5),
    (Flavor::Postgres, "bytea", 3),
    (Flavor::TSql, "identity(", 4),
    (Flavor::TSql, "[dbo]", 5),
    (Flavor::TSql, "\ngo\n", 5),
    (Flavor::TSql, "\ngo\r\n", 5),
    (Flavor::TSql, "nvarchar", 3),
    (Flavor::TSql, "uniqueidentifier", 3),
    (Flavor::TSql, "create table [", 3),
];

/// How much of a file is looked at, in bytes.
const LOOKED_AT: usize = 256 << 10;

impl Flavor {
    /// The dialect of a text. Marks count once each.
    pub fn of(text: &str) -> Self {
        let end = (0..=text.len().min(LOOKED_AT))
            .rev()
            .find(|at| text.is_char_boundary(*at));
        let lower = text[..end.unwrap_or(0)].to_ascii_lowercase();
        let score = |flavor: Self| -> usize {
            let marks = MARKS
                .iter()
                .filter(|(of, mark, _)| *of == flavor && lower.contains(mark));
            marks.map(|(_, _, count)| count).sum()
        };
        let scored =
            [Self::MySql, Self::Postgres, Self::TSql].map(|flavor| (score(flavor), flavor));
        let best = scored.into_iter().max_by_key(|(score, _)| *score);
        best.filter(|(score, _)| *score >= 2)
            .map_or(Self::Any, |(_, flavor)| flavor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_dialect_decide() {
        let of = Flavor::of;
        assert_eq!(of("CREATE TABLE `a` (b int) ENGINE=InnoDB"), Flavor::MySql);
        assert_eq!(
            of("CREATE TABLE a (b serial, c timestamptz)"),
            Flavor::Postgres
        );
        assert_eq!(
            of("CREATE TABLE [dbo].[a] ([b] int IDENTITY(1,1))\nGO\n"),
            Flavor::TSql
        );
        assert_eq!(of("CREATE TABLE a (b INTEGER PRIMARY KEY)"), Flavor::Any);
    }
}
