; Where names are bound, used, or no variables.
