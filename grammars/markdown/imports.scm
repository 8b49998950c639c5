; The language has none.
