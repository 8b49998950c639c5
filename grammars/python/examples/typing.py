import json
from pathlib import Path


class Report:
    def __init__(self, title):
        self.title = title

    def save(self, path):
        text = json.dumps({"title": self.title}
        Path(path).write_text(text)

    def load(self, path):
        return 


def summary(reports):
    for report in reports:
