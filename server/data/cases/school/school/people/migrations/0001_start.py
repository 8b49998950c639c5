from django.conf import settings
from django.db import migrations, models
import people.models

ROOMS = """
    CREATE TABLE rooms (
        id integer PRIMARY KEY,
        floor integer -- from below
    );
"""


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[("id", models.BigAutoField(primary_key=True)), ("mail", models.EmailField())],
            options={"db_table": "pupils"},
        ),
        migrations.CreateModel(
            name="Lesson",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", people.models.StatusField(null=True, to="people.status")),
                ("teacher", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
            ],
        ),
        migrations.RunSQL(ROOMS, migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE %s ADD COLUMN seats int" % TABLE),
    ]
