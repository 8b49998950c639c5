"""Names of tables."""
TABLE_STATIONS = "stations"
PREFIX = "wx"
TABLE_READINGS = f"{PREFIX}_readings"
