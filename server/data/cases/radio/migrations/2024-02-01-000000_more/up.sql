ALTER TABLE songs ADD COLUMN seconds INTEGER;
CREATE TABLE new_stations (id INTEGER PRIMARY KEY NOT NULL, name VARCHAR NOT NULL, url TEXT);
INSERT INTO new_stations SELECT id, name, NULL FROM stations;
DROP TABLE stations;
ALTER TABLE new_stations RENAME TO stations;
