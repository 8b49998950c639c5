-- +goose Up
-- Whoever wrote or edited something.
CREATE TABLE authors (
    id          BIGSERIAL PRIMARY KEY,
    name        TEXT NOT NULL, -- as printed on the cover
    born        DATE,
    country     CHAR(2) CHECK (country IN ('GB', 'FR', 'DE'))
);

CREATE TYPE binding AS ENUM ('hard', 'soft', 'none');

CREATE TABLE books (
    isbn        VARCHAR(13) PRIMARY KEY,
    title       TEXT NOT NULL,
    author_id   BIGINT NOT NULL REFERENCES authors (id) ON DELETE CASCADE,
    binding     binding NOT NULL DEFAULT 'soft',
    price       NUMERIC(8, 2),
    keywords    TEXT[] NOT NULL DEFAULT '{}',
    published   DATE
);
CREATE INDEX books_by_author ON books (author_id, published DESC);

-- +goose Down
DROP TABLE books;
DROP TABLE authors;
