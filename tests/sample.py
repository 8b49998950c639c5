"""A small shop, as a sample for completions."""

from dataclasses import dataclass, field


@dataclass
class Basket:
    """What a customer wants to buy."""

    owner: str = field(
    items: list = field(default_factory=list)
    prices: dict = field(default_factory=dict)

    def add(self, item, price):
        self.items.append(item)
        self.prices[item] = price

    def total(self):
        """The sum of all prices."""
        return sum(self.prices[

    def remove(self, item):
        """Takes an item out again."""
        if item in self.items:
            self.items.remove(item)
            del self.
