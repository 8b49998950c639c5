CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    born 
);

SELECT name, count(
FROM authors
WHERE born > 1900;

INSERT INTO authors (id, name) VALUES (1, 'Nobody');
