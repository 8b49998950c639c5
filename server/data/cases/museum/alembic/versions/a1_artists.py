from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = "b2"

ARTISTS = "artists"


def upgrade() -> None:
    op.create_table(ARTISTS, sa.Column("id", sa.BigInteger, primary_key=True))
    op.execute(
        """
        ALTER TABLE artists ADD COLUMN name varchar(90) NOT NULL;
        CREATE INDEX by_name ON artists (name);
        """
    )
    with op.batch_alter_table("works", schema=None) as batch_op:
        batch_op.add_column(sa.Column("artist_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key("by_artist", "artists", ["artist_id"], ["id"])
        batch_op.drop_column("gone")
        batch_op.alter_column("title", new_column_name="name", type_=sa.String(200))
    for table in ("works", "rooms"):
        op.add_column(table, sa.Column("seen", sa.DateTime))
