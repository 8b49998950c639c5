"""The law that curve.py fits, on curves that follow one."""

import os
import sys
import unittest

import numpy

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import curve


class Curve(unittest.TestCase):
    def test_a_known_law_is_found(self) -> None:
        tokens = numpy.linspace(0.05e6, 3e6, 300)
        losses = 1.1 + 0.4 * (tokens / 1e6) ** -0.35
        places, means, weights = curve.binned(tokens, losses, 12)
        law = curve.fit(places[1:], means[1:], weights[1:])
        for ahead in curve.AHEAD[:2]:
            wanted = 1.1 + 0.4 * (ahead / 1e6) ** -0.35
            self.assertAlmostEqual(curve.value(law, ahead), wanted, delta=0.03)

    def test_a_floor_is_never_negative(self) -> None:
        tokens = numpy.linspace(0.1e6, 3e6, 60)
        law = curve.fit(tokens, 3 - tokens / 1.5e6, numpy.ones_like(tokens))
        self.assertGreaterEqual(law[0], 0)


if __name__ == "__main__":
    unittest.main()
