from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class Status(models.Model):
    name = models.CharField(max_length=20)


class StatusField(models.ForeignKey):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("to", Status)
        kwargs.setdefault("on_delete", models.PROTECT)
        super().__init__(*args, **kwargs)


class ShortField(models.CharField):
    pass


class Person(AbstractBaseUser):
    mail = models.EmailField(unique=True)

    class Meta:
        db_table = "pupils"


class Lesson(models.Model):
    title = ShortField(max_length=30)
    status = StatusField(null=True)
    teacher = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
