"""The list of question kinds. A kind is one function (schema, voice) -> (question, statement), or None where the schema has nothing to ask
that way, announced by `@question(name, weight)`; the statement has no semicolon."""
QUESTIONS = {}  # name -> (weight, function)


def question(name, weight):
    def add(find):
        QUESTIONS[name] = weight, find
        return find
    return add
