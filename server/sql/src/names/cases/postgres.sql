-- A schema of PostgreSQL, then statements in which nothing is wrong, with empty lines between.

CREATE TABLE customers (id bigserial PRIMARY KEY, email text, country text, tags text[]);
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint, total numeric, data jsonb);
CREATE TABLE a.twice (x int); CREATE TABLE b.twice (y int);
CREATE VIEW recent AS SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id;

WITH RECURSIVE t AS (SELECT id, customer_id FROM orders UNION ALL SELECT o.id, o.customer_id FROM
orders o JOIN t ON t.customer_id = o.id) SEARCH DEPTH FIRST BY id, customer_id SET place CYCLE id
SET is_cycle TO true DEFAULT false USING path SELECT id, place, is_cycle, path FROM t ORDER BY place

WITH RECURSIVE t(a) AS (SELECT id FROM orders UNION ALL SELECT a FROM t) CYCLE a SET is_cycle USING
path, u AS (SELECT a, is_cycle FROM t) SELECT u.a, u.is_cycle FROM u

SELECT * INTO TEMP order_x FROM orders; SELECT total FROM order_x

SELECT id, email AS mail INTO TABLE copies FROM customers; SELECT mail FROM copies

SELECT :"col", :'text', id FROM orders WHERE total = :total AND id = :"other"

SELECT o.id FROM :"name" o WHERE o.none = 1

SELECT t.a, t.b FROM orders, JSON_TABLE(data, '$[*]' COLUMNS (a int PATH '$.a', NESTED PATH '$.x[*]'
COLUMNS (b int PATH '$'))) AS t

SELECT x.name, x.n FROM orders, XMLTABLE('/a/b' PASSING data COLUMNS n FOR ORDINALITY, name text PATH
'c' DEFAULT 'none') AS x

SELECT total, email FROM recent WHERE recent.customer_id = 1

ALTER TABLE orders DROP COLUMN totl; SELECT totl, total FROM orders

ALTER TABLE orders RENAME COLUMN sum TO total; SELECT sum FROM orders; SELECT total FROM orders

ALTER TABLE orders RENAME TO bills; SELECT total FROM bills

SELECT customer_id, id FROM orders UNION SELECT id, id FROM customers ORDER BY customer_id

SELECT t.total AS amount FROM orders t UNION ALL SELECT id FROM customers ORDER BY amount DESC LIMIT 3

SELECT id FROM orders <if test="name != null">WHERE total = #{name}</if>

SELECT y FROM twice; SET search_path = b; SELECT x FROM twice

DELETE FROM orders USING (VALUES (1, 2)) AS t(k, c) WHERE orders.id = t.k AND orders.total = t.c;
