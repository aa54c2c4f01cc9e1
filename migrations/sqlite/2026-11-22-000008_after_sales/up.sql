-- After sales. Money is whole fen; JSON is text.

CREATE TABLE complaints (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    client_id BLOB NOT NULL REFERENCES clients (id),
    project_id BLOB REFERENCES projects (id),
    channel TEXT NOT NULL CHECK (channel IN ('phone', 'meeting', 'email', 'letter', 'website', 'visit', 'other')),
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'normal', 'major')),
    what TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('registered', 'confirmed', 'analysed', 'proposed', 'approved', 'carried_out', 'verified', 'answered', 'closed')),
    handler_id BLOB NOT NULL REFERENCES users (id),
    answer_due_on DATE NOT NULL,
    cause TEXT CHECK (cause IN ('design', 'quality', 'delivery', 'damage', 'service', 'schedule', 'price', 'other')),
    department TEXT REFERENCES departments (key),
    found_valid BOOLEAN,
    analysis TEXT,
    effect TEXT,
    answer TEXT,
    answered_on DATE,
    client_opinion TEXT CHECK (client_opinion IN ('satisfied', 'acceptable', 'dissatisfied')),
    client_opinion_note TEXT,
    closed_on DATE,
    reopened BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX complaints_by_client_id ON complaints (client_id);
CREATE INDEX complaints_by_project_id ON complaints (project_id);

CREATE TABLE complaint_measures (
    id BLOB NOT NULL PRIMARY KEY,
    complaint_id BLOB NOT NULL REFERENCES complaints (id),
    version BIGINT NOT NULL,
    what TEXT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (key),
    due_on DATE,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'done', 'replaced')),
    done_note TEXT,
    done_at TEXT,
    done_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL
);
CREATE INDEX complaint_measures_by_complaint_id ON complaint_measures (complaint_id);

CREATE TABLE complaint_reviews (
    id BLOB NOT NULL PRIMARY KEY,
    complaint_id BLOB NOT NULL REFERENCES complaints (id),
    round BIGINT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (key),
    verdict TEXT CHECK (verdict IN ('approved', 'objected')),
    opinion TEXT,
    reviewed_at TEXT,
    reviewed_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    UNIQUE (complaint_id, round, department)
);
