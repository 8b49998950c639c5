//! Classes of Django and of packages that models extend.

/// Classes of Django and of packages that models extend: their fields, and whether they have a
/// table of their own.
pub(super) const FOREIGN: &[(&str, &str)] = &[
    ("Model", ""),
    (
        "AbstractBaseUser",
        "password = models.CharField(max_length=128)\n\
         last_login = models.DateTimeField(null=True)\n",
    ),
    (
        "PermissionsMixin",
        "is_superuser = models.BooleanField(default=False)\n\
         groups = models.ManyToManyField('auth.Group')\n\
         user_permissions = models.ManyToManyField('auth.Permission')\n",
    ),
    (
        "AbstractUser",
        "password = models.CharField(max_length=128)\n\
         last_login = models.DateTimeField(null=True)\n\
         is_superuser = models.BooleanField(default=False)\n\
         username = models.CharField(max_length=150, unique=True)\n\
         first_name = models.CharField(max_length=150)\n\
         last_name = models.CharField(max_length=150)\n\
         email = models.EmailField()\n\
         is_staff = models.BooleanField(default=False)\n\
         is_active = models.BooleanField(default=True)\n\
         date_joined = models.DateTimeField()\n\
         groups = models.ManyToManyField('auth.Group')\n\
         user_permissions = models.ManyToManyField('auth.Permission')\n",
    ),
    (
        "MPTTModel",
        "lft = models.PositiveIntegerField()\n\
         rght = models.PositiveIntegerField()\n\
         tree_id = models.PositiveIntegerField(db_index=True)\n\
         level = models.PositiveIntegerField()\n",
    ),
    (
        "MP_Node",
        "path = models.CharField(max_length=255, unique=True)\n\
         depth = models.PositiveIntegerField()\n\
         numchild = models.PositiveIntegerField(default=0)\n",
    ),
    ("ClusterableModel", ""),
    (
        "TimeStampedModel",
        "created = models.DateTimeField()\n\
         modified = models.DateTimeField()\n",
    ),
];
