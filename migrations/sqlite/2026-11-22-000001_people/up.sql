-- People. Money is whole fen; JSON is text.

CREATE TABLE departments (
    key TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_zh TEXT,
    active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('front', 'back', 'both')),
    active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('manager', 'front_leader', 'front_specialist', 'back_leader', 'back_specialist', 'assistant', 'finance', 'contributor', 'auditor', 'administrator')),
    group_id BLOB REFERENCES groups (id),
    department TEXT REFERENCES departments (key),
    email TEXT,
    phone TEXT,
    active BOOLEAN NOT NULL,
    token_generation BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE refresh_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    family_id BLOB NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    token_generation BIGINT NOT NULL,
    issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    spent_at TEXT,
    revoked_at TEXT
);
CREATE INDEX refresh_tokens_by_family_id ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_user_id ON refresh_tokens (user_id);

CREATE TABLE setup_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    used_at TEXT
);

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    value TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by BLOB REFERENCES users (id)
);

CREATE TABLE calendar_days (
    day DATE NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('holiday', 'working')),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by BLOB REFERENCES users (id)
);

CREATE TABLE sandbox_clock (
    id BIGINT NOT NULL PRIMARY KEY,
    set_to TEXT NOT NULL,
    set_at TEXT NOT NULL,
    frozen BOOLEAN NOT NULL
);

CREATE TABLE idempotency_keys (
    caller BLOB NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL,
    reply TEXT,
    project_id BLOB,
    client_id BLOB,
    PRIMARY KEY (caller, route, key)
);
CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (created_at);

CREATE TABLE number_series (
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (series, year)
);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    at TEXT NOT NULL,
    actor_id BLOB REFERENCES users (id),
    project_id BLOB,
    client_id BLOB,
    subject_kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    subject_version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    chain_id BLOB NOT NULL,
    chain_pos BIGINT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (chain_id, chain_pos)
);
CREATE INDEX events_by_subject_id_seq ON events (subject_id, seq);
CREATE INDEX events_by_project_id_seq ON events (project_id, seq);
CREATE INDEX events_by_client_id_seq ON events (client_id, seq);
