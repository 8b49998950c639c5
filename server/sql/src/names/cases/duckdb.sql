-- A schema of DuckDB, then statements in which nothing is wrong, with empty lines between.

CREATE TABLE trips (id UBIGINT, info STRUCT(a INT, b VARCHAR), tags VARCHAR[], fare DECIMAL(8, 2));
CREATE TABLE stops (id UBIGINT, place VARCHAR);

SELECT [y * 2 for y in tags if len(y) > 1], [x for x in [1, 2]] FROM trips

SELECT list_filter(tags, lambda z: z = 'a'), list_reduce(tags, lambda x, y: x + y) FROM trips

SELECT list_transform(tags, x -> upper(x)), apply(tags, (x, i) -> x || i) FROM trips

SELECT t.id FROM trips t POSITIONAL JOIN stops v WHERE v.place = 'a'

SELECT t.id FROM trips t ASOF JOIN stops u ON t.id >= u.id POSITIONAL JOIN stops v

SELECT {'a': fare, 'b': id}, [fare, id], info.a FROM trips
