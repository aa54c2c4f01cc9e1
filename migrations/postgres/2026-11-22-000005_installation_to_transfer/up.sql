-- Installation to transfer. Money is whole fen; JSON is text.

CREATE TABLE milestones (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (key),
    name TEXT NOT NULL,
    planned_on DATE,
    forecast_on DATE,
    actual_on DATE,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX milestones_by_project_id ON milestones (project_id);

CREATE TABLE readiness_checks (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    items TEXT NOT NULL,
    note TEXT,
    checked_on DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX readiness_checks_by_project_id ON readiness_checks (project_id);

CREATE TABLE site_access_confirmations (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    document_id UUID NOT NULL,
    confirmed_on DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX site_access_confirmations_by_project_id ON site_access_confirmations (project_id);

CREATE TABLE installation_starts (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    started_on DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX installation_starts_by_project_id ON installation_starts (project_id);

CREATE TABLE deliveries (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    what TEXT NOT NULL,
    department TEXT REFERENCES departments (key),
    delivered_on DATE NOT NULL,
    received_by TEXT,
    receipt_document_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX deliveries_by_project_id ON deliveries (project_id);

CREATE TABLE progress_entries (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    text TEXT NOT NULL,
    on_date DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX progress_entries_by_project_id ON progress_entries (project_id);

CREATE TABLE site_issues (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (key),
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    resolution TEXT,
    resolved_at TIMESTAMPTZ,
    resolved_by UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX site_issues_by_project_id ON site_issues (project_id);

CREATE TABLE sign_offs (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    document_id UUID NOT NULL,
    signed_on DATE NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX sign_offs_by_project_id ON sign_offs (project_id);

CREATE TABLE adjustments (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    round BIGINT NOT NULL,
    place TEXT,
    what TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('design', 'quality', 'damage', 'client_change', 'omission')),
    source TEXT NOT NULL CHECK (source IN ('client', 'design', 'inspection')),
    department TEXT NOT NULL REFERENCES departments (key),
    due_on DATE,
    cost_amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    borne_by TEXT NOT NULL CHECK (borne_by IN ('company', 'client')),
    state TEXT NOT NULL CHECK (state IN ('open', 'planned', 'done', 'confirmed')),
    planned_on DATE,
    done_at TIMESTAMPTZ,
    done_by UUID REFERENCES users (id),
    confirmed_at TIMESTAMPTZ,
    confirmed_by UUID REFERENCES users (id),
    variation_order_id UUID,
    refusals BIGINT NOT NULL,
    last_refusal TEXT,
    inspection_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX adjustments_by_project_id ON adjustments (project_id);

CREATE TABLE inspections (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    inspected_on DATE NOT NULL,
    inspector TEXT,
    items TEXT NOT NULL,
    passed BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX inspections_by_project_id ON inspections (project_id);

CREATE TABLE acceptance_certificates (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    document_id UUID NOT NULL,
    accepted_on DATE NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('signed', 'signed_with_reservations', 'deemed_by_use')),
    reservations TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX acceptance_certificates_by_project_id ON acceptance_certificates (project_id);

CREATE TABLE project_summaries (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    went_well TEXT NOT NULL,
    problems TEXT NOT NULL,
    lessons TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX project_summaries_by_project_id ON project_summaries (project_id);

CREATE TABLE termination_approvals (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    reason TEXT NOT NULL,
    document_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX termination_approvals_by_project_id ON termination_approvals (project_id);

CREATE TABLE transfers (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('acceptance', 'termination')),
    named_owner_id UUID REFERENCES users (id),
    note TEXT,
    documents TEXT NOT NULL,
    open_instructions TEXT NOT NULL,
    unpaid_receivables TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'returned', 'accepted')),
    missing TEXT NOT NULL,
    decision_note TEXT,
    acknowledged TEXT NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX transfers_by_project_id ON transfers (project_id);
