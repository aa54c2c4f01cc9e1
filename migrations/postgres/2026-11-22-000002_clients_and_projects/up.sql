-- Clients and projects. Money is whole fen; JSON is text.

CREATE TABLE clients (
    id UUID NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    grade TEXT,
    credit_note TEXT,
    source TEXT,
    region TEXT,
    industry TEXT,
    key_account BOOLEAN NOT NULL,
    needs TEXT,
    invoice_particulars TEXT,
    owner_id UUID REFERENCES users (id),
    search_text TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX clients_by_name ON clients (name);
CREATE INDEX clients_by_owner_id ON clients (owner_id);

CREATE TABLE client_contacts (
    id UUID NOT NULL PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES clients (id),
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    position TEXT,
    phone TEXT,
    email TEXT,
    decision_maker BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    note TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX client_contacts_by_client_id ON client_contacts (client_id);

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    inquiry_number TEXT NOT NULL UNIQUE,
    number TEXT UNIQUE,
    client_id UUID NOT NULL REFERENCES clients (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT,
    area_m2 DOUBLE PRECISION,
    budget_amount BIGINT,
    currency TEXT NOT NULL,
    wanted_from DATE,
    wanted_until DATE,
    channel TEXT NOT NULL,
    needs TEXT,
    stage TEXT NOT NULL CHECK (stage IN ('intake', 'assignment', 'bidding', 'installation', 'adjustment', 'acceptance', 'settlement', 'archiving', 'archived', 'declined', 'lost', 'shelved')),
    stage_entered_at TIMESTAMPTZ NOT NULL,
    acceptance_entered_at TIMESTAMPTZ,
    shelved_from TEXT,
    review_on DATE,
    end_reason TEXT,
    recorded_by UUID NOT NULL REFERENCES users (id),
    front_group_id UUID REFERENCES groups (id),
    front_owner_id UUID REFERENCES users (id),
    back_owner_id UUID REFERENCES users (id),
    accepted_at TIMESTAMPTZ,
    sealed_at TIMESTAMPTZ,
    adjustment_round BIGINT NOT NULL,
    search_text TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX projects_by_client_id ON projects (client_id);
CREATE INDEX projects_by_stage ON projects (stage);
CREATE INDEX projects_by_front_owner_id ON projects (front_owner_id);
CREATE INDEX projects_by_back_owner_id ON projects (back_owner_id);
CREATE INDEX projects_by_front_group_id ON projects (front_group_id);
CREATE INDEX projects_by_recorded_by ON projects (recorded_by);

CREATE TABLE project_participants (
    project_id UUID NOT NULL REFERENCES projects (id),
    user_id UUID NOT NULL REFERENCES users (id),
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX project_participants_by_user_id ON project_participants (user_id);

CREATE TABLE project_departments (
    project_id UUID NOT NULL REFERENCES projects (id),
    department TEXT NOT NULL REFERENCES departments (key),
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (project_id, department)
);
CREATE INDEX project_departments_by_department ON project_departments (department);

CREATE TABLE waivers (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    evidence TEXT NOT NULL,
    item TEXT,
    reason TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX waivers_by_project_id ON waivers (project_id);

CREATE TABLE interactions (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    client_id UUID NOT NULL REFERENCES clients (id),
    kind TEXT NOT NULL CHECK (kind IN ('call', 'meeting', 'showroom_visit', 'site_visit', 'email', 'message', 'letter', 'other')),
    summary TEXT NOT NULL,
    attendees TEXT NOT NULL,
    follow_up_on DATE,
    occurred_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX interactions_by_project_id ON interactions (project_id);
CREATE INDEX interactions_by_client_id ON interactions (client_id);

CREATE TABLE qualifications (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    finances BIGINT NOT NULL,
    value BIGINT NOT NULL,
    effort BIGINT NOT NULL,
    difficulty BIGINT NOT NULL,
    decision_makers_known BOOLEAN NOT NULL,
    incumbent TEXT,
    payment_habit TEXT,
    background_check TEXT,
    score BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX qualifications_by_project_id ON qualifications (project_id);

CREATE TABLE instructions (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('client_instruction', 'our_commitment')),
    what TEXT NOT NULL,
    place TEXT,
    by_whom TEXT,
    said_on DATE,
    cost_amount BIGINT,
    approved_by TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    outcome_note TEXT,
    settled_at TIMESTAMPTZ,
    settled_by UUID REFERENCES users (id),
    acknowledged_at TIMESTAMPTZ,
    acknowledged_by UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX instructions_by_project_id ON instructions (project_id);

CREATE TABLE project_initiations (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    version BIGINT NOT NULL,
    needs TEXT NOT NULL,
    style TEXT,
    scope TEXT,
    schedule_note TEXT,
    budget_note TEXT,
    risks TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ,
    voided_by UUID REFERENCES users (id),
    void_reason TEXT
);
CREATE INDEX project_initiations_by_project_id ON project_initiations (project_id);
