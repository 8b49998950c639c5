-- A schema of MySQL, then statements in which nothing is wrong, with empty lines between.

CREATE TABLE `users` (`id` int AUTO_INCREMENT PRIMARY KEY, `user name` varchar(20), `data` json);
CREATE TABLE `posts` (`id` int PRIMARY KEY, `user_id` int, `title` text) ENGINE=InnoDB;

SELECT jt.name FROM users, JSON_TABLE(data, '$[*]' COLUMNS(name VARCHAR(40) PATH '$.name', NESTED
PATH '$.x[*]' COLUMNS (y INT PATH '$'))) AS jt

SELECT y, number FROM users JOIN JSON_TABLE(users.data, '$[*]' COLUMNS(number FOR ORDINALITY, NESTED
'$.x[*]' COLUMNS (y INT EXISTS PATH '$' ERROR ON EMPTY))) AS jt ON true

CREATE TEMPORARY TABLE tt (INDEX (id)) ENGINE=MEMORY AS SELECT id, title FROM posts; ALTER TABLE tt
ADD x int; SELECT id, title, x FROM tt
