"""The list of question kinds.

A kind is one function (schema, voice) -> (question, statement), or None where the schema has
nothing to ask that way. It stands in one_table.py or linked.py and is announced by `@question(name,
weight)`: the weight is how often it is drawn beside the others. The statement has no semicolon; the
question gets its end mark and capital letter later (voice.py).
"""

QUESTIONS = {}  # name -> (weight, function)


def question(name, weight):
    def add(find):
        QUESTIONS[name] = weight, find
        return find

    return add
