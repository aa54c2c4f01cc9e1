-- Webhooks: endpoints, what each is to be told, and the log of the attempts.
CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    project_id BLOB REFERENCES projects (id),
    client_id BLOB REFERENCES clients (id),
    disabled_at TEXT,
    disabled_because TEXT CHECK (disabled_because IN ('by_hand', 'gone', 'failing')),
    former_secret_until TEXT,
    secret TEXT NOT NULL,
    former_secret TEXT,
    position BIGINT NOT NULL,
    last_success_at TEXT,
    last_failure_at TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    updated_at TEXT NOT NULL
);

CREATE TABLE webhook_deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    endpoint_id BLOB NOT NULL REFERENCES webhook_endpoints (id),
    event_seq BIGINT,
    message_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    lane BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts BIGINT NOT NULL,
    next_attempt_at TEXT NOT NULL,
    leased_until TEXT,
    lease BLOB,
    last_status BIGINT,
    last_error TEXT,
    delivered_at TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX webhook_deliveries_one_1 ON webhook_deliveries (endpoint_id, event_seq) WHERE event_seq IS NOT NULL;
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
-- Not partial: a bound state proves nothing to the planner.
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, state, lane, event_seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, state, next_attempt_at);

CREATE TABLE webhook_attempts (
    id BLOB NOT NULL PRIMARY KEY,
    delivery_id BLOB NOT NULL REFERENCES webhook_deliveries (id),
    at TEXT NOT NULL,
    status BIGINT,
    error TEXT,
    answer TEXT,
    duration_ms BIGINT NOT NULL
);
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, id);
