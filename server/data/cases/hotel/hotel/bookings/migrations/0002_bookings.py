import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.RenameField(model_name="room", old_name="cost", new_name="price"),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("first", models.DateField(help_text="the first night")),
                ("last", models.DateField()),
                ("wishes", models.TextField(blank=True, null=True)),
                ("guest", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ("helpers", models.ManyToManyField(related_name="+", to="auth.user")),
                ("room", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="bookings", to="bookings.room")),
            ],
        ),
        migrations.AddIndex(model_name="booking", index=models.Index(fields=["guest", "-first"], name="guest_first")),
        migrations.AddConstraint(model_name="booking", constraint=models.UniqueConstraint(fields=("room", "first"), name="one_per_night")),
    ]
