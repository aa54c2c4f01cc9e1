-- Documents and archive. Money is whole fen; JSON is text.

CREATE TABLE documents (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB REFERENCES projects (id),
    client_id BLOB REFERENCES clients (id),
    version BIGINT NOT NULL,
    category TEXT NOT NULL,
    title TEXT NOT NULL,
    confidentiality TEXT NOT NULL CHECK (confidentiality IN ('normal', 'confidential', 'restricted')),
    latest_revision BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX documents_by_project_id_category ON documents (project_id, category);
CREATE INDEX documents_by_client_id ON documents (client_id);

CREATE TABLE document_revisions (
    id BLOB NOT NULL PRIMARY KEY,
    document_id BLOB NOT NULL REFERENCES documents (id),
    revision BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    UNIQUE (document_id, revision)
);
CREATE INDEX document_revisions_by_sha256 ON document_revisions (sha256);

CREATE TABLE document_links (
    document_id BLOB NOT NULL REFERENCES documents (id),
    subject_kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (document_id, subject_kind, subject_id)
);
CREATE INDEX document_links_by_subject_id ON document_links (subject_id);

CREATE TABLE document_accesses (
    id BLOB NOT NULL PRIMARY KEY,
    document_id BLOB NOT NULL REFERENCES documents (id),
    revision BIGINT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    at TEXT NOT NULL
);
CREATE INDEX document_accesses_by_document_id ON document_accesses (document_id);

CREATE TABLE archives (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    room TEXT,
    shelf TEXT,
    box_no TEXT,
    placed_at TEXT,
    placed_by BLOB REFERENCES users (id),
    sealed_at TEXT,
    sealed_by BLOB REFERENCES users (id),
    chain_head TEXT,
    chain_length BIGINT,
    package_sha256 TEXT,
    package_size BIGINT,
    package_built_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX archives_by_project_id ON archives (project_id);

CREATE TABLE archive_addenda (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    archive_id BLOB NOT NULL REFERENCES archives (id),
    text TEXT NOT NULL,
    document_id BLOB,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX archive_addenda_by_project_id ON archive_addenda (project_id);
