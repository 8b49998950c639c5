"""django"""
AUTH_USER_MODEL = "people.Person"
