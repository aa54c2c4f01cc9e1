-- Contracting. Money is whole fen; JSON is text.

CREATE TABLE contract_templates (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    code TEXT NOT NULL,
    edition BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB REFERENCES users (id),
    updated_at TEXT NOT NULL,
    UNIQUE (code, edition)
);

CREATE TABLE contracts (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    client_id BLOB NOT NULL REFERENCES clients (id),
    template_id BLOB NOT NULL REFERENCES contract_templates (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    defects_liability_months BIGINT NOT NULL,
    retention_from_final_account BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'signed')),
    review_round BIGINT NOT NULL,
    changes TEXT,
    signed_on DATE,
    planned_site_access_on DATE,
    current_amount BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX contracts_by_project_id ON contracts (project_id);
CREATE INDEX contracts_by_client_id ON contracts (client_id);

CREATE TABLE contract_instalments (
    id BLOB NOT NULL PRIMARY KEY,
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    project_id BLOB NOT NULL REFERENCES projects (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('deposit', 'interim', 'balance', 'retention')),
    share_bp BIGINT,
    amount BIGINT NOT NULL,
    days BIGINT NOT NULL,
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('signing', 'planned_site_access', 'acceptance', 'defects_liability_end', 'delivery', 'final_account', 'invoice_received')),
    UNIQUE (contract_id, kind)
);

CREATE TABLE amendments (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    amount BIGINT NOT NULL,
    on_kind TEXT NOT NULL CHECK (on_kind IN ('deposit', 'interim', 'balance', 'retention')),
    why TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'signed')),
    review_round BIGINT NOT NULL,
    changes TEXT,
    signed_on DATE,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX amendments_by_project_id ON amendments (project_id);

CREATE TABLE contract_reviews (
    id BLOB NOT NULL PRIMARY KEY,
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    amendment_id BLOB REFERENCES amendments (id),
    project_id BLOB NOT NULL REFERENCES projects (id),
    round BIGINT NOT NULL,
    level BIGINT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'changes_requested')),
    opinion TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id)
);
CREATE INDEX contract_reviews_by_contract_id ON contract_reviews (contract_id);

CREATE TABLE seal_entries (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    amendment_id BLOB REFERENCES amendments (id),
    party TEXT NOT NULL CHECK (party IN ('us', 'client')),
    seal TEXT NOT NULL CHECK (seal IN ('company', 'contract', 'legal_representative')),
    document TEXT NOT NULL,
    copies BIGINT NOT NULL,
    sealed_on DATE NOT NULL,
    sealed_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX seal_entries_by_project_id ON seal_entries (project_id);
