-- Money. Money is whole fen; JSON is text.

CREATE TABLE final_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    contract_amount BIGINT NOT NULL,
    amendments_amount BIGINT NOT NULL,
    adjustments_amount BIGINT NOT NULL,
    deductions_amount BIGINT NOT NULL,
    total_amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    deductions TEXT NOT NULL,
    audited_amount BIGINT,
    audit_differences TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'audited', 'confirmed', 'replaced')),
    basis TEXT CHECK (basis IN ('agreed', 'deemed', 'judgment')),
    document_id BLOB,
    submitted_on DATE,
    audited_on DATE,
    confirmed_on DATE,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX final_accounts_by_project_id ON final_accounts (project_id);

CREATE TABLE receivables (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    project_id BLOB NOT NULL REFERENCES projects (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    contract_id BLOB NOT NULL REFERENCES contracts (id),
    kind TEXT NOT NULL CHECK (kind IN ('deposit', 'interim', 'balance', 'retention')),
    amount BIGINT NOT NULL,
    paid_amount BIGINT NOT NULL,
    written_off_amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('signing', 'planned_site_access', 'acceptance', 'defects_liability_end', 'delivery', 'final_account', 'invoice_received')),
    days BIGINT NOT NULL,
    due_on DATE,
    disputed BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    UNIQUE (contract_id, kind),
    CHECK (paid_amount >= 0 AND written_off_amount >= 0 AND paid_amount + written_off_amount <= amount)
);
CREATE INDEX receivables_by_client_id ON receivables (client_id);
CREATE INDEX receivables_by_project_id ON receivables (project_id);

CREATE TABLE payments (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    client_id BLOB NOT NULL REFERENCES clients (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('transfer', 'acceptance_bill', 'cash', 'offset')),
    payer TEXT,
    authorisation_document_id BLOB,
    matures_on DATE,
    paid_on DATE NOT NULL,
    reference TEXT NOT NULL,
    named TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('recorded', 'confirmed', 'reversed')),
    allocated_amount BIGINT NOT NULL,
    refunded_amount BIGINT NOT NULL,
    confirmed_at TEXT,
    confirmed_by BLOB REFERENCES users (id),
    reversed_at TEXT,
    reversed_on DATE,
    reversed_by BLOB REFERENCES users (id),
    reversal_reason TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT,
    CHECK (amount > 0 AND allocated_amount >= 0 AND refunded_amount >= 0 AND allocated_amount + refunded_amount <= amount)
);
CREATE UNIQUE INDEX payments_one_1 ON payments (client_id, reference) WHERE voided_at IS NULL;

CREATE TABLE allocations (
    id BLOB NOT NULL PRIMARY KEY,
    payment_id BLOB NOT NULL REFERENCES payments (id),
    receivable_id BLOB NOT NULL REFERENCES receivables (id),
    project_id BLOB NOT NULL REFERENCES projects (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    amount BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    reversed_at TEXT,
    CHECK (amount > 0)
);
CREATE INDEX allocations_by_payment_id ON allocations (payment_id);
CREATE INDEX allocations_by_receivable_id ON allocations (receivable_id);

CREATE TABLE refunds (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    client_id BLOB NOT NULL REFERENCES clients (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    refunded_on DATE NOT NULL,
    reference TEXT,
    reason TEXT,
    parts TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    CHECK (amount > 0)
);
CREATE INDEX refunds_by_client_id ON refunds (client_id);

CREATE TABLE invoices (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    client_id BLOB NOT NULL REFERENCES clients (id),
    kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'special')),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    tax_rate_bp BIGINT NOT NULL,
    particulars TEXT,
    note TEXT,
    number TEXT,
    state TEXT NOT NULL CHECK (state IN ('requested', 'issued', 'red_lettered')),
    issued_on DATE,
    received_on DATE,
    red_letter_number TEXT,
    red_letter_reason TEXT,
    red_lettered_on DATE,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX invoices_by_project_id ON invoices (project_id);
CREATE INDEX invoices_by_client_id ON invoices (client_id);
CREATE UNIQUE INDEX invoices_one_1 ON invoices (number) WHERE voided_at IS NULL AND number IS NOT NULL;

CREATE TABLE collection_entries (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    receivable_id BLOB NOT NULL REFERENCES receivables (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    level TEXT NOT NULL CHECK (level IN ('reminder', 'letter', 'formal_notice', 'legal')),
    note TEXT NOT NULL,
    days_overdue BIGINT NOT NULL,
    on_date DATE NOT NULL,
    promise_on DATE,
    promise_amount BIGINT,
    next_step TEXT,
    next_on DATE,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX collection_entries_by_project_id ON collection_entries (project_id);
CREATE INDEX collection_entries_by_receivable_id ON collection_entries (receivable_id);

CREATE TABLE disputes (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    receivable_id BLOB NOT NULL REFERENCES receivables (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    reason TEXT NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    outcome TEXT,
    ended_at TEXT,
    ended_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX disputes_by_project_id ON disputes (project_id);
CREATE UNIQUE INDEX disputes_one_1 ON disputes (receivable_id) WHERE state = 'open' AND voided_at IS NULL;

CREATE TABLE write_offs (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    receivable_id BLOB NOT NULL REFERENCES receivables (id),
    client_id BLOB NOT NULL REFERENCES clients (id),
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected', 'booked')),
    decided_at TEXT,
    decided_on DATE,
    decided_by BLOB REFERENCES users (id),
    decision_note TEXT,
    booked_at TEXT,
    booked_by BLOB REFERENCES users (id),
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL,
    voided_at TEXT,
    voided_by BLOB REFERENCES users (id),
    void_reason TEXT,
    CHECK (amount > 0)
);
CREATE INDEX write_offs_by_project_id ON write_offs (project_id);
CREATE INDEX write_offs_by_receivable_id ON write_offs (receivable_id);
