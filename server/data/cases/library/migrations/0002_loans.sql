-- +goose Up
CREATE TABLE members (
    id          BIGSERIAL PRIMARY KEY,
    mail        TEXT NOT NULL,
    since       TIMESTAMPTZ NOT NULL DEFAULT now(),
    notes       JSONB
);
CREATE UNIQUE INDEX members_mail ON members (mail);

CREATE TABLE loans (
    member_id   BIGINT NOT NULL REFERENCES members (id),
    isbn        VARCHAR(13) NOT NULL REFERENCES books (isbn),
    taken       TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    back        TIMESTAMPTZ,
    PRIMARY KEY (member_id, isbn, taken)
);
COMMENT ON TABLE loans IS 'One row for each time that a book leaves the house';
COMMENT ON COLUMN loans.back IS 'NULL while it is away';

-- +goose Down
DROP TABLE loans;
DROP TABLE members;
