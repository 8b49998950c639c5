import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("number", models.PositiveSmallIntegerField(unique=True)),
                ("kind", models.CharField(choices=[("single", "Single"), ("double", "Double")], max_length=6)),
                ("cost", models.DecimalField(decimal_places=2, default=0, max_digits=7)),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.CreateModel(
            name="Suite",
            fields=[
                ("room_ptr", models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to="bookings.room")),
                ("rooms", models.IntegerField(default=2)),
            ],
            bases=("bookings.room",),
        ),
    ]
