"""A small shop, as a sample for completions: the lines that end too early are completed by ./try."""

import json


class Basket:
    """What a customer wants to buy."""

    def __init__(self, owner, prices=None):
        self.owner = owner
        self.prices = prices if

    def add(self, item, price):
        self.prices[item] =

    def remove(self, item):
        if item in

    def load(self, path):
        with open(path) as file:
            self.prices = json.

    def __repr__(
