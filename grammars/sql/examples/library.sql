-- A small lending library.
CREATE TABLE IF NOT EXISTS books (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    shelf VARCHAR(8) DEFAULT 'A1',
    price NUMERIC(6, 2)
);

CREATE TABLE library.loans (
    book_id INTEGER REFERENCES books (id),
    since DATE NOT NULL
);

CREATE INDEX loans_by_book ON library.loans (book_id);

CREATE VIEW overdue AS
SELECT b.title, l.since
FROM books AS b
JOIN library.loans AS l ON l.book_id = b.id
WHERE l.since < '2020-01-01' AND b.price > 12.50;

/* How many books stand on a shelf. */
CREATE FUNCTION shelf_count(which TEXT) RETURNS INTEGER AS $$
    SELECT count(*) FROM books WHERE shelf = which;
$$ LANGUAGE SQL;

WITH busy AS (
    SELECT book_id, count(*) AS times FROM library.loans GROUP BY book_id
)
SELECT title FROM books JOIN busy ON busy.book_id = books.id ORDER BY times DESC;

INSERT INTO books (id, title) VALUES (1, 'The "First" Book');
UPDATE books SET shelf = 'B2' WHERE id = 1;
