//! Definitions in five dialects, as people write them.

use super::read;
use crate::schema::builder::Builder;
use crate::schema::{Schema, SqlTable, TypeKind};
use std::fmt::Write;

/// The schema and its notes, one line each.
fn schema(text: &str) -> Schema {
    let mut builder = Builder::default();
    read(&"a.sql".into(), text, &mut builder);
    builder.retry();
    let tables = builder.finish();
    Schema {
        tables,
        notes: builder.notes,
        ..Schema::default()
    }
}

/// A table on one line: columns with types, `!` for NOT NULL, then keys.
fn shown(table: &SqlTable) -> String {
    let mut out = format!("{}:", table.name);
    for column in &table.columns {
        let written = column
            .data_type
            .as_ref()
            .map_or("-", |data_type| &data_type.written);
        let mark = if column.nullable { "" } else { "!" };
        let _ = write!(out, " {}={written}{mark}", column.name);
    }
    if !table.primary_key.is_empty() {
        let _ = write!(out, " pk({})", table.primary_key.join(","));
    }
    for key in &table.uniques {
        let _ = write!(out, " unique({})", key.columns.join(","));
    }
    for key in &table.foreign_keys {
        let there = key.references.join(",");
        let _ = write!(
            out,
            " fk({}->{}({there}))",
            key.columns.join(","),
            key.table
        );
    }
    for index in &table.indexes {
        let _ = write!(out, " index({})", index.columns.join(","));
    }
    out
}

fn all(text: &str) -> Vec<String> {
    let schema = schema(text);
    assert_eq!(schema.notes, [], "{text}");
    schema.tables.iter().map(shown).collect()
}

#[test]
fn sqlite_with_comments_next_to_columns() {
    let text = "
        -- People who may sign in.
        CREATE TABLE IF NOT EXISTS people (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
            -- as they want to be called
            'name' TEXT NOT NULL DEFAULT '',
            key TEXT UNIQUE,
            untyped,
            boss INTEGER REFERENCES people(id) ON DELETE SET NULL,
            state TEXT CHECK (state IN ('new', 'old')) DEFAULT 'new',
            total REAL GENERATED ALWAYS AS (id * 2) STORED
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX people_by_name ON people (name COLLATE NOCASE DESC, lower(key));";
    assert_eq!(
        all(text),
        [
            "people: id=INTEGER! name=TEXT! key=TEXT untyped=- boss=INTEGER state=TEXT total=REAL \
          pk(id) unique(key) fk(boss->people(id)) index(name,lower(key))"
        ]
    );
    let schema = schema(text);
    let table = schema.table("PEOPLE").unwrap();
    assert_eq!(table.comment.as_deref(), Some("People who may sign in."));
    let of = |name: &str| table.column(name).unwrap().clone();
    assert_eq!(of("id").comment.as_deref(), Some("never used again"));
    assert_eq!(
        of("name").comment.as_deref(),
        Some("as they want to be called")
    );
    assert_eq!(of("key").comment, None);
    assert_eq!(of("state").values, ["new", "old"]);
    assert_eq!(of("total").generated.as_deref(), Some("id * 2"));
    assert_eq!(table.foreign_keys[0].on_delete.as_deref(), Some("SET NULL"));
    let place = of("key").defined;
    assert_eq!(&text[place.range], "key TEXT UNIQUE");
    assert_eq!(place.line, 7);
}

#[test]
fn a_dump_of_postgresql() {
    let text = "
--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--
CREATE TYPE public.order_state AS ENUM ('open', 'paid');
CREATE TABLE public.orders (
    id bigint NOT NULL,
    placed timestamp(3) without time zone DEFAULT now() NOT NULL,
    state public.order_state DEFAULT 'open'::public.order_state NOT NULL,
    kind character varying(20) DEFAULT 'a'::character varying,
    tags text[] DEFAULT '{}'::text[],
    CONSTRAINT orders_kind_check CHECK (((kind)::text =
      ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))
);
ALTER TABLE public.orders OWNER TO app;
ALTER TABLE ONLY public.orders ALTER COLUMN id
  SET DEFAULT nextval('public.orders_id_seq'::regclass);
COPY public.orders (id, kind) FROM stdin;
1\tit's; CREATE TABLE no (a int);
\\.
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX orders_placed ON public.orders USING btree (placed, kind);
CREATE INDEX some ON ONLY public.orders USING gin (tags) WHERE (kind IS NOT NULL);
COMMENT ON TABLE public.orders IS 'What people''s money went to';
COMMENT ON COLUMN public.orders.kind IS 'how';
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE x (a int); END; $$;
DO $$ BEGIN CREATE TYPE mood AS ENUM ('good'); EXCEPTION WHEN duplicate_object THEN null; END $$;
CREATE TABLE moods (m mood);";
    let schema = schema(text);
    let tables: Vec<String> = schema.tables.iter().map(shown).collect();
    assert_eq!(
        tables,
        [
            "orders: id=bigint! placed=timestamp(3) without time zone! state=public.order_state! \
             kind=character varying(20) tags=text[] pk(id) unique(placed,kind) index(tags)",
            "moods: m=mood"
        ]
    );
    assert_eq!(schema.notes.len(), 1);
    assert!(schema.notes[0].message.contains("routine"));
    let table = schema.table("orders").unwrap();
    assert_eq!(
        table.comment.as_deref(),
        Some("What people's money went to")
    );
    assert_eq!(table.column("state").unwrap().values, ["open", "paid"]);
    assert_eq!(table.column("kind").unwrap().values, ["a", "b"]);
    assert_eq!(
        table.column("kind").unwrap().comment.as_deref(),
        Some("how")
    );
    assert_eq!(schema.tables[1].columns[0].values, ["good"]);
}

#[test]
fn a_dump_of_mysql() {
    let text = "
/*!40101 SET NAMES utf8 */;
DROP TABLE IF EXISTS `item`;
/*!40101 SET @saved = @@character_set_client */;
CREATE TABLE `item` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(80) CHARACTER SET utf8 COLLATE utf8_bin NOT NULL
    DEFAULT 'it\\'s' COMMENT 'shown; to people',
  `kind` enum('a','b''c') NOT NULL,
  `at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `index` int, # no index
  PRIMARY KEY (`id`),
  UNIQUE KEY `by_name` (`name`(10)),
  KEY kinds USING BTREE (`kind`),
  FULLTEXT KEY `words` (`name`),
  CONSTRAINT `up` FOREIGN KEY (`kind`) REFERENCES `kinds` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COMMENT='things';
INSERT INTO `item` VALUES (1,'x); CREATE TABLE y (a int);');
DELIMITER //
CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW
  BEGIN SET @a = 1; IF 1 THEN SET @b = 2; END IF; END//
DELIMITER ;
CREATE TABLE after_it (a int);
ALTER TABLE after_it ADD COLUMN b int FIRST, CHANGE a c bigint NOT NULL,
  ADD INDEX (b), DROP PRIMARY KEY;
RENAME TABLE after_it TO last_one;
/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS select `i`.`id` AS `id`,count(0) AS `n` from `item` `i` */;";
    assert_eq!(
        all(text),
        [
            "item: id=int(10) unsigned! name=varchar(80)! kind=enum('a','b''c')! at=timestamp! \
             index=int pk(id) unique(name) fk(kind->kinds(id)) index(kind) index(name)",
            "last_one: c=bigint! b=int index(b)",
            "v: id=- n=-"
        ]
    );
    let schema = schema(text);
    let table = schema.table("item").unwrap();
    assert_eq!(table.comment.as_deref(), Some("things"));
    assert_eq!(table.column("kind").unwrap().values, ["a", "b'c"]);
    assert_eq!(
        table.column("name").unwrap().comment.as_deref(),
        Some("shown; to people")
    );
    assert!(table.column("id").unwrap().is_identity);
}

#[test]
fn a_script_of_sql_server_without_semicolons() {
    let text = "
SET ANSI_NULLS ON
GO
IF NOT EXISTS (SELECT * FROM sys.objects WHERE name = 'Users')
BEGIN
CREATE TABLE [dbo].[Users](
    [Id] [int] IDENTITY(1,1) NOT NULL,
    [Mail] [nvarchar](max) NULL,
    [Group Id] uniqueidentifier NOT NULL DEFAULT (newid()),
    [Full] AS ([Mail] + N'x') PERSISTED,
 CONSTRAINT [PK_Users] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY]
END
GO
CREATE TABLE Logs (Id int NOT NULL)
CREATE TABLE sales.Lines (Id int NOT NULL, Line int)
ALTER TABLE [dbo].[Users] WITH CHECK ADD CONSTRAINT [FK_G] FOREIGN KEY([Group Id])
REFERENCES [dbo].[Groups] ([Id])
ON DELETE CASCADE
GO
ALTER TABLE [dbo].[Users] CHECK CONSTRAINT [FK_G]
ALTER TABLE Logs ADD Level int NOT NULL, Text nvarchar(10)
ALTER TABLE Logs ADD CONSTRAINT d DEFAULT (0) FOR Level
EXEC sp_rename 'dbo.Logs.Text', 'Message', 'COLUMN'
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'who', @level0type=N'SCHEMA',
  @level0name=N'dbo', @level1type=N'TABLE', @level1name=N'Users',
  @level2type=N'COLUMN', @level2name=N'Mail'
GO
CREATE PROCEDURE p AS BEGIN SELECT 1 CREATE TABLE #t (a int) END
GO
CREATE UNIQUE NONCLUSTERED INDEX [IX] ON [dbo].[Users] ([Mail] ASC)
";
    assert_eq!(
        all(text),
        [
            "Users: Id=[int]! Mail=[nvarchar](max) Group Id=uniqueidentifier! Full=- pk(Id) \
             unique(Mail) fk(Group Id->Groups(Id))",
            "Logs: Id=int! Level=int! Message=nvarchar(10)",
            "sales.Lines: Id=int! Line=int"
        ]
    );
    let schema = schema(text);
    let users = schema.table("dbo.users").unwrap();
    assert_eq!(
        users.column("mail").unwrap().comment.as_deref(),
        Some("who")
    );
    assert_eq!(users.foreign_keys[0].on_delete.as_deref(), Some("CASCADE"));
    let level = schema
        .table("logs")
        .unwrap()
        .column("level")
        .unwrap()
        .clone();
    assert_eq!(level.default.as_deref(), Some("(0)"));
}

#[test]
fn duckdb_and_queries_that_make_tables() {
    let text = "
CREATE OR REPLACE TABLE t (i INTEGER, s STRUCT(a INTEGER, b VARCHAR[]), m MAP(VARCHAR, INT),
  d DECIMAL(18,3), u UINTEGER);
CREATE TABLE u AS SELECT i, s.a AS first, count(*) n, \"max\"(d) FROM t;
CREATE VIEW w (x, y) AS SELECT 1, 2;
CREATE VIEW all_of AS SELECT * FROM t;
CREATE TEMP TABLE gone (a int);
CREATE MACRO f(a) AS a + 1;";
    let schema = schema(text);
    let tables: Vec<String> = schema.tables.iter().map(shown).collect();
    assert_eq!(
        tables,
        [
            "t: i=INTEGER s=STRUCT(a INTEGER, b VARCHAR[]) m=MAP(VARCHAR, INT) d=DECIMAL(18,3) \
             u=UINTEGER",
            "u: i=- first=- n=-",
            "w: x=- y=-",
            "all_of: i=INTEGER s=STRUCT(a INTEGER, b VARCHAR[]) m=MAP(VARCHAR, INT) \
             d=DECIMAL(18,3) u=UINTEGER"
        ]
    );
    let complete: Vec<bool> = schema
        .tables
        .iter()
        .map(|table| table.is_complete)
        .collect();
    assert_eq!(complete, [true, false, true, true]);
    assert_eq!(
        schema.tables[0].columns[3].data_type.as_ref().unwrap().kind,
        TypeKind::Decimal
    );
}

#[test]
fn changes_are_applied_in_order() {
    let text = "
CREATE TABLE a (id int PRIMARY KEY, old text, gone text);
CREATE TABLE b (a_id int REFERENCES a (id), kept text);
CREATE INDEX a_gone ON a (gone);
ALTER TABLE a RENAME COLUMN old TO new;
ALTER TABLE a DROP COLUMN IF EXISTS gone, ADD COLUMN IF NOT EXISTS more
  varchar(9) NOT NULL DEFAULT 'x' UNIQUE;
ALTER TABLE a ALTER COLUMN new TYPE varchar(5) USING new::varchar(5), ALTER new SET NOT NULL;
ALTER TABLE a RENAME COLUMN id TO key;
ALTER TABLE a RENAME TO c;
ALTER TABLE b ADD CONSTRAINT pair UNIQUE (a_id, kept);
ALTER TABLE b DROP CONSTRAINT pair;
CREATE TABLE short (a int); DROP TABLE short, unknown CASCADE;
CREATE TABLE d (LIKE c INCLUDING ALL);
CREATE TABLE e (f int) INHERITS (b);";
    assert_eq!(
        all(text),
        [
            "b: a_id=int kept=text fk(a_id->c(key))",
            "c: key=int! new=varchar(5)! more=varchar(9)! pk(key) unique(more)",
            "d: key=int! new=varchar(5)! more=varchar(9)! pk(key) unique(more)",
            "e: a_id=int kept=text f=int"
        ]
    );
}

#[test]
fn a_broken_statement_costs_only_itself_and_is_a_note() {
    let text = "
CREATE TABLE first (a int);
CREATE TABLE broken (a int, b text
CREATE TABLE second (a int);
CREATE TABLE {{ prefix }}_x (a int);
CREATE TABLE third (a int, ???, b int);
ALTER TABLE first FROBNICATE a;
CREATE TABLE fourth (a int, b 'unclosed;
CREATE TABLE fifth (a int);";
    let schema = schema(text);
    let tables: Vec<String> = schema.tables.iter().map(shown).collect();
    assert!(
        [
            "first: a=int",
            "second: a=int",
            "third: a=int b=int",
            "fifth: a=int"
        ]
        .iter()
        .all(|wanted| tables.iter().any(|table| table == wanted)),
        "{tables:?}"
    );
    let lines: Vec<u32> = schema.notes.iter().map(|note| note.at.line).collect();
    assert_eq!(lines, [3, 5, 6, 7, 8], "{:?}", schema.notes);
}

#[test]
fn views_have_the_columns_of_their_stars() {
    let tables = "CREATE TABLE a (x int, y text DEFAULT 'z'); CREATE TABLE b (y int, w int);";
    let view = |query: &str| {
        let found = schema(&format!("{tables} CREATE VIEW v AS {query};"));
        let view = found.tables.iter().find(|table| table.name.name == "v");
        let view = view.unwrap();
        let mark = if view.is_complete { "" } else { " ..." };
        format!("{}{mark}", shown(view))
    };
    for (query, expected) in [
        ("SELECT * FROM a", "v: x=int y=text"),
        (
            "SELECT o.*, b.w FROM a o JOIN b ON left(o.y, 1) = b.w",
            "v: x=int y=text w=-",
        ),
        (
            "SELECT w, o.* FROM a AS o, b WHERE w > 1",
            "v: w=- x=int y=text",
        ),
        (
            "SELECT * FROM a LEFT JOIN b USING (y)",
            "v: x=int y=text w=int",
        ),
        ("SELECT * FROM a UNION SELECT * FROM b", "v: x=int y=text"),
        ("SELECT * FROM other", "v: ..."),
        ("SELECT a.* FROM (SELECT 1) a", "v: ..."),
        ("WITH a AS (SELECT 1 AS k) SELECT * FROM a", "v: ..."),
        ("SELECT * FROM f(1)", "v: ..."),
        (
            "SELECT a.order, x AS group, y FROM a",
            "v: order=- group=- y=-",
        ),
    ] {
        assert_eq!(view(query), expected, "{query}");
    }
}

#[test]
fn views_of_views_do_not_grow_without_bound() {
    let mut text = String::from("CREATE TABLE v0 (x0 int);");
    for at in 1..1_000 {
        let before = at - 1;
        let _ = write!(
            text,
            "CREATE VIEW v{at} AS SELECT *, 1 AS x{at} FROM v{before};"
        );
    }
    let all = schema(&text).tables;
    let columns: usize = all.iter().map(|table| table.columns.len()).sum();
    assert!(columns < 110_000 && all.last().is_some_and(|last| !last.is_complete));
}
