"""Task data for the last part of training: repair of planted bugs, code from its description, SQL
from a question.

`python -m tasks` packs all three into rows (see __main__.py). bugs/ plants bugs, repair.py turns
them into documents, describe.py cuts code out below its comment, sql/ asks questions over made-up
schemas; formats.py knows the tokens, source.py the parsers.
"""
