-- The SQL of this file runs on SQLite and on PostgreSQL. Instants are milliseconds since the Unix epoch, in UTC.

-- +goose Up
CREATE TABLE channels (
    id            TEXT    PRIMARY KEY,
    number        INTEGER NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    group_name    TEXT    NOT NULL,
    logo          TEXT    NOT NULL,
    xmltv_id      TEXT    NOT NULL,
    feed          TEXT    NOT NULL,
    archive_hours INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    enabled       BOOLEAN NOT NULL
);

CREATE TABLE programmes (
    id          TEXT    PRIMARY KEY,
    channel     TEXT    NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    start_ms    BIGINT  NOT NULL,
    end_ms      BIGINT  NOT NULL,
    title       TEXT    NOT NULL,
    subtitle    TEXT    NOT NULL,
    description TEXT    NOT NULL,
    lecturer    TEXT    NOT NULL,
    category    TEXT    NOT NULL,
    series      TEXT    NOT NULL,
    is_repeat   BOOLEAN NOT NULL,
    UNIQUE (channel, start_ms),
    CHECK (end_ms > start_ms)
);

-- One row a channel's guide ("guide:ID") and one for the list of channels ("channels"). Rows outlive their
-- channel, so that a channel made anew does not repeat a revision that clients have cached.
CREATE TABLE revisions (
    subject  TEXT   PRIMARY KEY,
    revision BIGINT NOT NULL
);

CREATE TABLE accounts (
    id            TEXT    PRIMARY KEY,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    disabled      BOOLEAN NOT NULL,
    must_change   BOOLEAN NOT NULL,
    created_ms    BIGINT  NOT NULL
);

CREATE TABLE sessions (
    token_hash   TEXT   PRIMARY KEY,
    account      TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_ms   BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    expires_ms   BIGINT NOT NULL
);

CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_expires ON sessions (expires_ms);

CREATE TABLE setup_links (
    token_hash TEXT   PRIMARY KEY,
    expires_ms BIGINT NOT NULL,
    used_ms    BIGINT NOT NULL
);

CREATE TABLE stream_keys (
    key_hash   TEXT   PRIMARY KEY,
    feed       TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT NOT NULL
);

CREATE INDEX stream_keys_feed ON stream_keys (feed);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
DROP TABLE stream_keys;
DROP TABLE setup_links;
DROP TABLE sessions;
DROP TABLE accounts;
DROP TABLE revisions;
DROP TABLE programmes;
DROP TABLE channels;
