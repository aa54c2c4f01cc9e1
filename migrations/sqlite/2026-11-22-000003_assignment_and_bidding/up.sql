-- Assignment and bidding. Money is whole fen; JSON is text.

CREATE TABLE assignment_sheets (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    note TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX assignment_sheets_by_project_id ON assignment_sheets (project_id);

CREATE TABLE sheet_acknowledgements (
    sheet_id BLOB NOT NULL REFERENCES assignment_sheets (id),
    department TEXT NOT NULL REFERENCES departments (key),
    project_id BLOB NOT NULL REFERENCES projects (id),
    acknowledged_at TEXT,
    acknowledged_by BLOB REFERENCES users (id),
    PRIMARY KEY (sheet_id, department)
);

CREATE TABLE memos (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    to_department TEXT NOT NULL REFERENCES departments (key),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    reply_by DATE,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered')),
    answered_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX memos_by_project_id ON memos (project_id);

CREATE TABLE memo_replies (
    id BLOB NOT NULL PRIMARY KEY,
    memo_id BLOB NOT NULL REFERENCES memos (id),
    project_id BLOB NOT NULL REFERENCES projects (id),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id)
);
CREATE INDEX memo_replies_by_memo_id ON memo_replies (memo_id);

CREATE TABLE reassignments (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    position TEXT NOT NULL CHECK (position IN ('front', 'back')),
    from_user_id BLOB REFERENCES users (id),
    to_user_id BLOB NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    open_instructions TEXT NOT NULL,
    acknowledged_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX reassignments_by_project_id ON reassignments (project_id);

CREATE TABLE commissions (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX commissions_by_project_id ON commissions (project_id);

CREATE TABLE tenders (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    notice_no TEXT NOT NULL,
    submission_deadline TEXT NOT NULL,
    opening_at TEXT,
    security_amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('registered', 'submitted', 'opened', 'won', 'lost', 'cancelled')),
    bid_amount BIGINT,
    submitted_at TEXT,
    opened_at TEXT,
    bids TEXT NOT NULL,
    result_note TEXT,
    decided_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX tenders_by_project_id ON tenders (project_id);

CREATE TABLE securities (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('bid', 'performance')),
    form TEXT NOT NULL CHECK (form IN ('cash', 'guarantee')),
    tender_id BLOB REFERENCES tenders (id),
    contract_id BLOB,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    paid_on DATE NOT NULL,
    reference TEXT,
    expires_on DATE,
    state TEXT NOT NULL CHECK (state IN ('paid', 'partly_returned', 'returned', 'forfeited')),
    returned_amount BIGINT NOT NULL,
    returned_on DATE,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX securities_by_project_id ON securities (project_id);

CREATE TABLE schemes (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scheme', 'item_list')),
    revision BIGINT NOT NULL,
    title TEXT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (key),
    document_id BLOB,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'valid', 'superseded')),
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX schemes_by_project_id ON schemes (project_id);
CREATE UNIQUE INDEX schemes_one_1 ON schemes (project_id, kind, revision) WHERE voided_at IS NULL;
CREATE UNIQUE INDEX schemes_one_2 ON schemes (project_id, kind) WHERE state = 'valid' AND voided_at IS NULL;

CREATE TABLE scheme_comments (
    id BLOB NOT NULL PRIMARY KEY,
    scheme_id BLOB NOT NULL REFERENCES schemes (id),
    project_id BLOB NOT NULL REFERENCES projects (id),
    comment TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id)
);
CREATE INDEX scheme_comments_by_scheme_id ON scheme_comments (scheme_id);

CREATE TABLE quotations (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    lines TEXT NOT NULL,
    currency TEXT NOT NULL,
    discount_amount BIGINT NOT NULL,
    tax_rate_bp BIGINT NOT NULL,
    net_amount BIGINT NOT NULL,
    tax_amount BIGINT NOT NULL,
    total_amount BIGINT NOT NULL,
    valid_until DATE,
    state TEXT NOT NULL CHECK (state IN ('issued', 'accepted', 'superseded')),
    accepted_at TEXT,
    accepted_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX quotations_by_project_id ON quotations (project_id);
CREATE UNIQUE INDEX quotations_one_1 ON quotations (project_id, revision) WHERE voided_at IS NULL;
CREATE UNIQUE INDEX quotations_one_2 ON quotations (project_id) WHERE state = 'accepted' AND voided_at IS NULL;
