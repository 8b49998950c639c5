-- +goose Up
ALTER TABLE books RENAME COLUMN published TO printed;
ALTER TABLE books ADD COLUMN pages INTEGER, ADD COLUMN language CHAR(2) NOT NULL DEFAULT 'en';
ALTER TABLE members ALTER COLUMN mail TYPE VARCHAR(200), ALTER COLUMN notes DROP NOT NULL;
ALTER TABLE authors DROP COLUMN born;
ALTER TYPE binding ADD VALUE 'spiral';
CREATE VIEW lent AS
    SELECT b.title, m.mail, l.taken AS since, count(*) OVER () AS total
    FROM loans l
    JOIN books b ON b.isbn = l.isbn
    JOIN members m ON m.id = l.member_id
    WHERE l.back IS NULL;
CREATE OR REPLACE FUNCTION remind() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE late (mail text);
END;
$$;
-- +goose Down
DROP VIEW lent;
