-- Webhooks: endpoints, what each is to be told, and the log of the attempts.
CREATE TABLE webhook_endpoints (
    id UUID NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    project_id UUID REFERENCES projects (id),
    client_id UUID REFERENCES clients (id),
    disabled_at TIMESTAMPTZ,
    disabled_because TEXT CHECK (disabled_because IN ('by_hand', 'gone', 'failing')),
    former_secret_until TIMESTAMPTZ,
    secret TEXT NOT NULL,
    former_secret TEXT,
    position BIGINT NOT NULL,
    last_success_at TIMESTAMPTZ,
    last_failure_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE webhook_deliveries (
    id UUID NOT NULL PRIMARY KEY,
    endpoint_id UUID NOT NULL REFERENCES webhook_endpoints (id),
    event_seq BIGINT,
    message_id UUID NOT NULL,
    kind TEXT NOT NULL,
    lane UUID NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts BIGINT NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    lease UUID,
    last_status BIGINT,
    last_error TEXT,
    delivered_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX webhook_deliveries_one_1 ON webhook_deliveries (endpoint_id, event_seq) WHERE event_seq IS NOT NULL;
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
-- Not partial: a bound state proves nothing to the planner.
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, state, lane, event_seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, state, next_attempt_at);

CREATE TABLE webhook_attempts (
    id UUID NOT NULL PRIMARY KEY,
    delivery_id UUID NOT NULL REFERENCES webhook_deliveries (id),
    at TIMESTAMPTZ NOT NULL,
    status BIGINT,
    error TEXT,
    answer TEXT,
    duration_ms BIGINT NOT NULL
);
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, id);
