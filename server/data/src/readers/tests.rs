//! Sources of each kind, as people write them.

use crate::find::in_files;
use crate::schema::{Schema, SqlTable};
use std::fmt::Write;

fn schema(files: &[(&str, &str)]) -> Schema {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    in_files(files.collect())
}

/// Columns with the kinds of their types, `!` for NOT NULL, then keys.
fn shown(table: &SqlTable) -> String {
    let mut out = format!("{}:", table.name);
    for column in &table.columns {
        let kind = column.data_type.as_ref().map_or("-".into(), |data_type| {
            let size: Vec<String> = data_type.size.iter().map(u32::to_string).collect();
            let size = if size.is_empty() {
                String::new()
            } else {
                format!("({})", size.join(","))
            };
            let list = if data_type.is_list { "[]" } else { "" };
            format!("{:?}{size}{list}", data_type.kind).to_lowercase()
        });
        let _ = write!(
            out,
            " {}={kind}{}",
            column.name,
            if column.nullable { "" } else { "!" }
        );
    }
    let list = |columns: &[String]| columns.join(",");
    if !table.primary_key.is_empty() {
        let _ = write!(out, " pk({})", list(&table.primary_key));
    }
    for key in &table.uniques {
        let _ = write!(out, " unique({})", list(&key.columns));
    }
    for key in &table.foreign_keys {
        let _ = write!(
            out,
            " fk({}->{}({}))",
            list(&key.columns),
            key.table,
            list(&key.references)
        );
    }
    for index in &table.indexes {
        let _ = write!(out, " index({})", list(&index.columns));
    }
    if !table.is_complete {
        out.push_str(" ...");
    }
    out
}

fn all(files: &[(&str, &str)]) -> Vec<String> {
    let schema = schema(files);
    assert_eq!(schema.notes, []);
    schema.tables.iter().map(shown).collect()
}

#[test]
fn prisma() {
    let text = r#"
datasource db { provider = "postgresql" url = env("URL") }
/// People who sign in
model User {
  id        Int      @id @default(autoincrement())
  email     String   @unique @map("mail") @db.VarChar(80) // where to write
  role      Role     @default(USER)
  tags      String[]
  meta      Json?
  createdAt DateTime @default(now()) @map("created_at")
  posts     Post[]
  @@map("users")
  @@index([createdAt, email(sort: Desc)], name: "by_time")
}
model Post {
  a      BigInt
  b      String @default(uuid()) @db.Uuid
  author User   @relation(fields: [authorId], references: [id], onDelete: SetNull)
  authorId Int?
  price  Decimal @db.Decimal(10, 2)
  @@id([a, b])
  @@unique([authorId, price])
}
enum Role { USER ADMIN @map("admin")
  GUEST
}
"#;
    assert_eq!(
        all(&[("prisma/schema.prisma", text)]),
        [
            "Post: a=bigint! b=uuid! authorId=integer price=decimal(10,2)! pk(a,b) \
             unique(authorId,price) fk(authorId->users(id))",
            "users: id=integer! mail=text(80)! role=enum! tags=text[]! meta=json created_at=timestamp! \
             pk(id) unique(mail) index(created_at,mail)"
        ]
    );
    let schema = schema(&[("prisma/schema.prisma", text)]);
    let users = schema.table("users").unwrap();
    assert_eq!(users.comment.as_deref(), Some("People who sign in"));
    assert_eq!(
        users.column("mail").unwrap().comment.as_deref(),
        Some("where to write")
    );
    assert_eq!(
        users.column("role").unwrap().default.as_deref(),
        Some("'USER'")
    );
    assert!(users.column("id").unwrap().is_identity);
    let post = schema.table("Post").unwrap();
    assert_eq!(post.foreign_keys[0].on_delete.as_deref(), Some("SET NULL"));
}

#[test]
fn sqlalchemy_in_all_its_styles() {
    let base = "
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy import Column, Integer, String, ForeignKey, Table, MetaData, Enum, UniqueConstraint
class Base(DeclarativeBase): pass
class Timed:
    created = Column(DateTime, server_default=func.now(), nullable=False)
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey('users.id'))
class State(enum.Enum):
    OPEN = 'o'
    DONE = 'd'
";
    let models = "
from sqlalchemy import Column
from .base import Base, Timed, State
class User(Base):
    '''People.'''
    __tablename__ = 'users'
    __table_args__ = (UniqueConstraint('name', 'mail', name='pair'), {'schema': 'app'})
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), index=True)  # as shown
    mail: Mapped[Optional[str]]
    posts: Mapped[list['Post']] = relationship(back_populates='user')
class Post(Timed, Base):
    __tablename__ = 'posts'
    id = Column(Integer, primary_key=True)
    user_id = Column('author', Integer, ForeignKey('app.users.id', ondelete='CASCADE'), nullable=False)
    state = Column(Enum(State), default='OPEN')
    size = db.Column(db.Numeric(10, 2), unique=True, comment='in metres')
links = Table(
    'links', metadata,
    Column('a', ForeignKey('posts.id'), primary_key=True),
    Column('b', Integer, primary_key=True),
    schema='app',
)
";
    let sqlmodel = "
from sqlmodel import SQLModel, Field
class HeroBase(SQLModel):
    name: str = Field(index=True)
class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    age: int | None = None
    team_id: int | None = Field(default=None, foreign_key='team.id')
";
    let files = [
        ("app/base.py", base),
        ("app/models.py", models),
        ("hero.py", sqlmodel),
    ];
    assert_eq!(
        all(&files),
        [
            "app.links: a=integer! b=integer! pk(a,b) fk(a->posts(id))",
            "app.users: id=integer! name=text(30)! mail=text pk(id) unique(name,mail) index(name)",
            "hero: name=text! id=integer! age=integer team_id=integer pk(id) fk(team_id->team(id)) \
             index(name)",
            "posts: created=timestamp! owner_id=integer id=integer! author=integer! state=enum \
             size=decimal(10,2) pk(id) unique(size) fk(owner_id->users(id)) fk(author->app.users(id))",
        ]
    );
    let schema = schema(&files);
    let posts = schema.table("posts").unwrap();
    assert_eq!(posts.column("state").unwrap().values, ["OPEN", "DONE"]);
    assert_eq!(
        posts.column("size").unwrap().comment.as_deref(),
        Some("in metres")
    );
    assert_eq!(
        posts.column("created").unwrap().default.as_deref(),
        Some("CURRENT_TIMESTAMP")
    );
    let users = schema.table("users").unwrap();
    assert_eq!(users.comment.as_deref(), Some("People."));
    assert_eq!(
        users.column("name").unwrap().comment.as_deref(),
        Some("as shown")
    );
}

const DJANGO: &str = "
from django.db import models
from django.contrib.auth.models import AbstractUser
class Named(models.Model):
    name = models.CharField(max_length=20, help_text=_('what it is called'))
    class Meta:
        abstract = True
class Person(AbstractUser):
    pass
class Shop(Named):
    KINDS = (('a', 'A'), ('b', 'B'))
    kind = models.CharField(max_length=1, choices=[('a', 'A'), ('b', 'B')], default='a')
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    friends = models.ManyToManyField('self')
    class Meta:
        unique_together = ('name', 'owner')
        indexes = [models.Index(fields=['-kind'], name='k')]
class BigShop(Shop):
    floors = models.PositiveSmallIntegerField(db_column='n')
class Item(models.Model):
    code = models.UUIDField(primary_key=True)
    shop = models.ForeignKey(Shop, models.CASCADE)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    class Meta:
        db_table = 'things'
class Proxy(Item):
    class Meta:
        proxy = True
";

#[test]
fn django_choices_are_values() {
    let text = "
from django.db import models
class Size(models.IntegerChoices):
    SMALL = 1, _('small')
    LARGE = 2
class Order(models.Model):
    class Status(models.TextChoices):
        NEW = 'new', _('New')
        PAID = 'paid'
        __empty__ = _('unknown')
    status = models.CharField(max_length=9, choices=Status.choices)
    size = models.IntegerField(choices=Size)
    rank = models.IntegerField(choices=[(1, 'first'), (2, 'second')])
class Item(models.Model):
    class Status(models.TextChoices):
        MADE = 'made'
        OTHER = make()
    status = models.CharField(max_length=9, choices=Status.choices)
    order_status = models.CharField(max_length=9, choices=other(Order.Status))
";
    let found = schema(&[("shop/models.py", text)]);
    let values =
        |table: usize, name: &str| found.tables[table].column(name).unwrap().values.join(" ");
    assert_eq!(found.tables[1].name.name, "shop_order");
    assert_eq!(values(1, "status"), "new paid");
    assert_eq!((&*values(1, "size"), &*values(1, "rank")), ("1 2", "1 2"));
    assert_eq!(
        (&*values(0, "status"), &*values(0, "order_status")),
        ("", "")
    );
}

#[test]
fn django_models() {
    let found = all(&[("site/shop/models.py", DJANGO)]);
    let named = |name: &str| {
        let start = format!("{name}:");
        found
            .iter()
            .find(|table| table.starts_with(&start))
            .unwrap()
            .clone()
    };
    assert_eq!(found.len(), 7, "{found:#?}");
    assert_eq!(
        named("shop_shop"),
        "shop_shop: id=bigint! name=text(20)! kind=text(1)! owner_id=bigint pk(id) \
         unique(name,owner_id) fk(owner_id->shop_person(id)) index(owner_id) index(kind)"
    );
    assert_eq!(
        named("shop_shop_friends"),
        "shop_shop_friends: id=bigint! from_shop_id=bigint! to_shop_id=bigint! pk(id) \
         unique(from_shop_id,to_shop_id) fk(from_shop_id->shop_shop(id)) fk(to_shop_id->shop_shop(id))"
    );
    assert_eq!(
        named("shop_bigshop"),
        "shop_bigshop: shop_ptr_id=bigint! n=smallint! pk(shop_ptr_id) fk(shop_ptr_id->shop_shop(id))"
    );
    assert_eq!(
        named("things"),
        "things: code=uuid! shop_id=bigint! price=decimal(8,2)! pk(code) fk(shop_id->shop_shop(id)) \
         index(shop_id)"
    );
    assert!(named("shop_person").contains("username=text(150)!"));
    assert!(named("shop_person_groups").contains("fk(group_id->auth_group(id))"));
    let schema = schema(&[("site/shop/models.py", DJANGO)]);
    let shop = schema.table("shop_shop").unwrap();
    assert_eq!(shop.column("kind").unwrap().values, ["a", "b"]);
    assert_eq!(
        shop.column("name").unwrap().comment.as_deref(),
        Some("what it is called")
    );
}

#[test]
fn django_migrations_in_order() {
    let first = "
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.AutoField(auto_created=True, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=9)),
                ('old', models.TextField()),
            ],
            options={'abstract': False, 'unique_together': {('name', 'old')}},
        ),
        migrations.CreateModel(
            name='Book',
            fields=[
                ('isbn', models.CharField(max_length=13, primary_key=True)),
                ('author', models.ForeignKey(to='lib.Author', on_delete=django.db.models.deletion.CASCADE)),
            ],
        ),
        migrations.CreateModel(name='Gone', fields=[('id', models.AutoField(primary_key=True))]),
    ]
";
    let second = "
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [('lib', '0001_initial')]
    operations = [
        migrations.RenameField('author', 'old', 'new'),
        migrations.AddField(model_name='book', name='pages', field=models.IntegerField(null=True)),
        migrations.AlterField('author', 'name', models.CharField(max_length=99, db_index=True)),
        migrations.DeleteModel('Gone'),
        migrations.RenameModel(old_name='Author', new_name='Writer'),
        migrations.RemoveField('book', 'pages'),
        migrations.AddField('book', 'readers', models.ManyToManyField(to='auth.User', blank=True)),
    ]
";
    let files = [
        ("lib/migrations/0002_more.py", second),
        ("lib/migrations/0001_initial.py", first),
    ];
    assert_eq!(
        all(&files),
        [
            "lib_book: isbn=text(13)! author_id=integer! pk(isbn) fk(author_id->lib_writer(id)) \
             index(author_id)",
            "lib_book_readers: id=bigint! book_id=text(13)! user_id=bigint! pk(id) \
             unique(book_id,user_id) fk(book_id->lib_book(isbn)) fk(user_id->auth_user(id))",
            "lib_writer: id=integer! name=text(99)! new=text! pk(id) unique(name,new) index(name)",
        ]
    );
    let schema = schema(&files);
    let writer = schema.table("lib_writer").unwrap();
    let changed = writer.column("name").unwrap().changed.clone().unwrap();
    assert_eq!(
        (&*changed.path, changed.line),
        ("lib/migrations/0002_more.py", 8)
    );
}

#[test]
fn rails_schema() {
    let text = r#"
ActiveRecord::Schema[7.1].define(version: 2024_01_01) do
  enable_extension "plpgsql"
  create_enum "mood", ["sad", "ok"]
  create_table "users", force: :cascade, comment: "People" do |t|
    t.string "email", limit: 80, default: "", null: false
    t.enum "mood", default: "ok", enum_type: "mood"
    t.decimal "sum", precision: 10, scale: 2
    t.jsonb "meta", default: {}, null: false
    t.string "tags", default: [], array: true
    t.datetime "at", default: -> { "CURRENT_TIMESTAMP" }, comment: "when"
    t.bigint "team_id"
    t.virtual "low", type: :string, as: "lower(email)", stored: true
    t.index ["email"], name: "by_mail", unique: true
    t.index "lower(email)", name: "by_low"
    t.timestamps
  end
  create_table "teams", id: :uuid, default: -> { "gen_random_uuid()" } do |t|
    t.references :owner, polymorphic: true, null: false
  end
  create_table "parts", primary_key: ["a", "b"] do |t|
    t.integer "a", null: false
    t.integer "b", limit: 8, null: false
  end
  create_table "no_key", id: false do |t|
    t.text "x"
  end
  add_foreign_key "users", "teams", on_delete: :nullify
end
"#;
    assert_eq!(
        all(&[("db/schema.rb", text)]),
        [
            "no_key: x=text",
            "parts: a=integer! b=bigint! pk(a,b)",
            "teams: id=uuid! owner_type=text! owner_id=bigint! pk(id) index(owner_type,owner_id)",
            "users: id=bigint! email=text(80)! mood=enum sum=decimal(10,2) meta=json! tags=text[] \
             at=timestamp team_id=bigint low=text created_at=timestamp! updated_at=timestamp! pk(id) \
             unique(email) fk(team_id->teams()) index(lower(email))",
        ]
    );
    let schema = schema(&[("db/schema.rb", text)]);
    let users = schema.table("users").unwrap();
    assert_eq!(users.column("mood").unwrap().values, ["sad", "ok"]);
    assert_eq!(users.column("at").unwrap().comment.as_deref(), Some("when"));
    assert_eq!(
        users.column("at").unwrap().default.as_deref(),
        Some("CURRENT_TIMESTAMP")
    );
    assert_eq!(users.comment.as_deref(), Some("People"));
}

#[test]
fn rails_migrations() {
    let first = "
class CreateThings < ActiveRecord::Migration[5.2]
  def change
    create_table :things do |t|
      t.string :name, :kind
      t.belongs_to :user, foreign_key: true, index: false
      t.timestamps
    end
  end
end
";
    let second = "
class Grow < ActiveRecord::Migration[6.0]
  def up
    add_column :things, :size, :integer, null: false, default: 3
    rename_column :things, :kind, :sort
    change_table :things do |t|
      t.remove :name
      t.rename :sort, :order
    end
    add_index :things, %i[order size], unique: true
    create_table :old, id: false
    rename_table :old, :older
    drop_table(:older)
    change_column_null :things, :order, false
  end
  def down
    drop_table :things
  end
end
";
    let files = [
        ("db/migrate/2_grow.rb", second),
        ("db/migrate/1_things.rb", first),
    ];
    assert_eq!(
        all(&files),
        [
            "things: id=bigint! order=text! user_id=bigint created_at=timestamp! updated_at=timestamp! \
          size=integer! pk(id) unique(order,size) fk(user_id->users())"
        ]
    );
}

#[test]
fn diesel_tables() {
    let text = "
// @generated
diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Mood;
    /// What is sold
    shop.items (id) {
        id -> Int4,
        /// in cents
        #[sql_name = \"type\"]
        type_ -> Nullable<Varchar>,
        #[max_length = 9]
        mood -> Mood,
        tags -> Array<Nullable<Text>>,
        at -> Nullable<Timestamptz>,
    }
}
diesel::table! { pairs (a, b) { a -> Int8, b -> Unsigned<Integer>, } }
diesel::joinable!(pairs -> items (a));
diesel::allow_tables_to_appear_in_same_query!(items, pairs,);
";
    assert_eq!(
        all(&[("src/schema.rs", text)]),
        [
            "pairs: a=bigint! b=integer! pk(a,b) fk(a->items())",
            "shop.items: id=integer! type=text mood=other! tags=text[]! at=timestamp pk(id)"
        ]
    );
}

#[test]
fn typeorm_entities() {
    let text = "
import { Entity, Column } from 'typeorm'
export enum Role { Admin = 'admin', User = 'user' }
export abstract class Base {
  @PrimaryGeneratedColumn('uuid')
  id: string
  @CreateDateColumn({ name: 'created_at' }) createdAt: Date
}
class Name { @Column() first: string; @Column({ nullable: true }) last?: string }
@Entity({ name: 'users', schema: 'app' })
@Index(['email', 'role'], { unique: true })
export class User extends Base {
  @Column({ type: 'varchar', length: 80, unique: true, comment: 'mail' })
  email!: string;
  @Column({ type: 'enum', enum: Role, default: Role.User }) role: Role = Role.User;
  @Column(() => Name) name: Name;
  @OneToMany(() => Post, (post) => post.author) posts: Post[];
  @ManyToMany(() => Post) @JoinTable() liked: Post[];
  get label(): string { return `${this.email}` }
}
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column('decimal', { precision: 10, scale: 2, nullable: true }) price: number;
  @Column('simple-array', { array: true }) tags: string[];
  @ManyToOne(() => User, (user) => user.posts, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'author_id' })
  author: User;
  @OneToOne(type => Post) @JoinColumn() next: Post;
  async save(): Promise<void> { const a = { b: 1 }; }
}
";
    assert_eq!(
        all(&[("src/user.entity.ts", text)]),
        [
            "app.users: id=uuid! created_at=timestamp! email=text(80)! role=enum! nameFirst=text! \
             nameLast=text pk(id) unique(email) unique(email,role)",
            "post: id=integer! price=decimal(10,2) tags=other[]! author_id=uuid! nextId=integer pk(id) \
             unique(nextId) fk(author_id->app.users(id)) fk(nextId->post(id))",
            "users_liked_post: usersId=uuid! postId=integer! pk(usersId,postId) \
             fk(usersId->app.users(id)) fk(postId->post(id))",
        ]
    );
    let schema = schema(&[("src/user.entity.ts", text)]);
    let users = schema.table("users").unwrap();
    assert_eq!(users.column("role").unwrap().values, ["admin", "user"]);
}

#[test]
fn jpa_entities() {
    let text = "
package a;
import javax.persistence.*;
import org.springframework.data.annotation.CreatedDate;
@MappedSuperclass
public abstract class Base { @Id @GeneratedValue(strategy = GenerationType.IDENTITY) private Long id; }
@Entity
@Table(name = \"users\", indexes = @Index(name = \"i\", columnList = \"lastName, age\"),
       uniqueConstraints = {@UniqueConstraint(columnNames = {\"mail\", \"age\"})})
public class User extends Base {
    private static final long serialVersionUID = 1L;
    @Column(name = \"mail\", nullable = false, length = 80, unique = true) private String email;
    private String lastName = \"x\";
    private int age;
    @Enumerated(EnumType.STRING) private Role role;
    @Embedded @AttributeOverride(name = \"street\", column = @Column(name = \"home_street\")) private Address home;
    @ManyToOne(fetch = FetchType.LAZY, optional = false) @JoinColumn(name = \"team\") private Team team;
    @OneToMany(mappedBy = \"owner\") private List<Team> owned = new ArrayList<>();
    @ManyToMany @JoinTable(name = \"user_teams\", joinColumns = @JoinColumn(name = \"u\"),
        inverseJoinColumns = @JoinColumn(name = \"t\")) private Set<Team> teams;
    @ElementCollection private Set<String> tags;
    @Transient private String cached;
    @Lob private byte[] photo;
    public String getEmail() { return email; }
}
enum Role { ADMIN, USER; boolean is() { return true; } }
@Embeddable class Address { String street; @Column(precision = 9, scale = 6) BigDecimal lat; }
@Entity class Team { @Id UUID key; @OneToOne User owner; Instant createdAt; }
";
    assert_eq!(
        all(&[("src/User.java", text)]),
        [
            "team: key=uuid! owner_id=bigint created_at=timestamp pk(key) unique(owner_id) \
             fk(owner_id->users(id))",
            "user_teams: u=bigint! t=uuid! fk(u->users(id)) fk(t->team(key))",
            "users: id=bigint! mail=text(80)! last_name=text(255) age=integer! role=text(255) \
             home_street=text(255) lat=decimal(9,6) team=uuid! photo=binary pk(id) unique(mail) \
             unique(mail,age) fk(team->team(key)) index(last_name,age)",
            "users_tags: users_id=bigint! tags=text(255) fk(users_id->users(id))",
        ]
    );
    let schema = schema(&[("src/User.java", text)]);
    assert_eq!(
        schema
            .table("users")
            .unwrap()
            .column("role")
            .unwrap()
            .values,
        ["ADMIN", "USER"]
    );
}

#[test]
fn gorm_structs() {
    let text = "
package model
import \"gorm.io/gorm\"
type Base struct {
	Created time.Time `gorm:\"index\"`
}
// User is a person.
type User struct {
	gorm.Model
	Base
	Email   string `gorm:\"column:mail;size:80;uniqueIndex;not null\" json:\"email\"` // where to write
	Age, N  *int
	TeamID  uint
	Team    Team `gorm:\"constraint:OnDelete:CASCADE;\"`
	Tags    []Tag `gorm:\"many2many:user_tags;\"`
	Meta    datatypes.JSON
	Skip    string `gorm:\"-\"`
	hidden  string
	A       string `gorm:\"index:pair\"`
	B       string `gorm:\"type:enum('x','y');index:pair;default:'x'\"`
	Home    Address `gorm:\"embedded;embeddedPrefix:home_\"`
}
type Address struct { Street string }
type Team struct { Code string `gorm:\"primaryKey\"` }
type Tag struct {
	ID uint
	Name string `gorm:\"unique\"`
}
func (Team) TableName() string { return \"crm.teams\" }
func helper(a int) string { return \"x\" }
";
    assert_eq!(
        all(&[("model/user.go", text)]),
        [
            "crm.teams: code=text! pk(code)",
            "tags: id=bigint! name=text pk(id) unique(name)",
            "user_tags: user_id=bigint! tag_id=bigint! pk(user_id,tag_id) fk(user_id->users()) \
             fk(tag_id->tags())",
            "users: id=bigint! created_at=timestamp updated_at=timestamp deleted_at=timestamp \
             created=timestamp mail=text(80)! age=bigint n=bigint team_id=bigint meta=json a=text b=enum \
             home_street=text pk(id) unique(mail) fk(team_id->crm.teams()) index(created) index(a,b)",
        ]
    );
    let schema = schema(&[("model/user.go", text)]);
    let users = schema.table("users").unwrap();
    assert_eq!(users.comment.as_deref(), Some("User is a person."));
    assert_eq!(users.column("b").unwrap().values, ["x", "y"]);
    assert_eq!(
        users.column("mail").unwrap().comment.as_deref(),
        Some("where to write")
    );
}

#[test]
fn files_that_describe_nothing_are_no_sources() {
    let files = [
        ("a.py", "print('models.')"),
        ("b.rs", "fn main() {}"),
        ("c.ts", "export const a = 1"),
        ("d.go", "package d"),
        ("e.rb", "puts 1"),
        ("f.java", "class F {}"),
    ];
    let schema = schema(&files);
    assert_eq!(
        (
            schema.tables.len(),
            schema.sources.len(),
            schema.notes.len()
        ),
        (0, 0, 0)
    );
}
