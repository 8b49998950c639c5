-- Statements on the tables of tests.rs in which nothing is wrong, with empty lines between.

SELECT c.name, count(*) AS n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY
c.name ORDER BY n

SELECT * FROM customers NATURAL JOIN orders WHERE id > 1

SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id)

WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t

WITH a AS (SELECT id, total t FROM orders), b AS (SELECT t FROM a) SELECT t FROM b

SELECT x.y FROM (SELECT id AS y FROM orders UNION SELECT id FROM products) x WHERE x.y = 1

SELECT quantity FROM orders JOIN order_items ON order_items.order_id = orders.id

SELECT name FROM orders JOIN customers USING (id)

SELECT id FROM orders o, LATERAL (SELECT o.id AS k) s WHERE s.k = o.id

INSERT INTO customers (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name =
excluded.name WHERE customers.city = 'b' RETURNING id, name

INSERT INTO customers (id, name) VALUES (1, 'a') ON DUPLICATE KEY UPDATE name = VALUES(name)

INSERT INTO customers (id, name) SELECT id, title FROM products

UPDATE orders SET total = (SELECT sum(price) FROM products) WHERE status = 'new' RETURNING id

UPDATE orders o SET total = c.id FROM customers c WHERE c.id = o.customer_id

UPDATE o SET o.total = 1 FROM orders o JOIN customers c ON c.id = o.customer_id

DELETE FROM orders USING customers WHERE customers.id = orders.customer_id

DELETE o FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.city = 'x'

MERGE INTO orders o USING customers c ON (o.customer_id = c.id) WHEN MATCHED THEN UPDATE SET total
= c.id WHEN NOT MATCHED THEN INSERT (id, total) VALUES (c.id, 1)

CREATE TEMP TABLE mine (a int, key TEXT); SELECT a, key FROM mine

CREATE TABLE t AS SELECT id AS q FROM orders; SELECT q FROM t

SELECT id, row_number() OVER (PARTITION BY status ORDER BY created_at DESC) AS r FROM orders
WINDOW w AS (ORDER BY id)

SELECT total::numeric(10, 2), CAST(total AS double precision), created_at AT TIME ZONE 'UTC' FROM
orders

SELECT name->>'a', email -> 'b', ARRAY[id, 1], $1, :x, @y, %(z)s, %s, ? FROM customers

SELECT {{ column }}, a.b FROM {{ ref('x') }} a JOIN ${table} c ON c.d = a.d

SELECT name FROM prefix_${x} WHERE y = 1

SELECT u.x FROM customers c ${joins} WHERE c.id = 1

SELECT rowid, ctid, current_date, extract(year FROM created_at) FROM orders

SELECT g, e.value FROM generate_series(1, 3) AS g, json_each(g) e

SELECT table_name FROM information_schema.tables WHERE table_schema = 'x'

SELECT date_trunc('day', created_at), interval '1 day', date '2020-01-01' FROM orders

SELECT id FROM orders ORDER BY CASE WHEN status = 'new' THEN 0 ELSE 1 END LIMIT 5 OFFSET 2

SELECT count(*) FILTER (WHERE status = 'new') FROM orders HAVING count(*) > 1

SELECT name FROM customers WHERE city IS DISTINCT FROM 'x' AND name IN ('a', 'b')

SELECT o.id FROM orders o WHERE (o.id, o.total) IN (SELECT id, price FROM products)

CREATE FUNCTION f() RETURNS int AS $$ SELECT wrong FROM customers $$ LANGUAGE sql

CREATE TRIGGER t AFTER INSERT ON orders BEGIN UPDATE orders SET nothing = new.nothing; END

UPDATE orders SET customer_id = NULL WHERE id = 1

VALUES (1, 2), (3, 4)

INSERT INTO customers (id, name) VALUES (1, 'L\'Atelier, x'); INSERT INTO customers (id, name) VALUES (2, 'b');
