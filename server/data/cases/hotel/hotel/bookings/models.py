from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Dated(models.Model):
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Room(Dated):
    """A room that can be booked."""

    number = models.PositiveSmallIntegerField(unique=True)
    kind = models.CharField(_("kind"), max_length=6, choices=[("single", _("Single")), ("double", _("Double"))])
    price = models.DecimalField(max_digits=7, decimal_places=2, default=0)

    class Meta:
        ordering = ["number"]


class Booking(Dated):
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    guest = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    first = models.DateField(help_text="the first night")
    last = models.DateField()
    wishes = models.TextField(blank=True, null=True)
    helpers = models.ManyToManyField("auth.User", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "first"], name="one_per_night"),
        ]
        indexes = [models.Index(fields=["guest", "-first"], name="guest_first")]


class Suite(Room):
    rooms = models.IntegerField(default=2)
