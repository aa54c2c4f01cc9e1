\set n random(1, :projects)
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT u.role, u.group_id, g.kind, u.department FROM users u LEFT JOIN groups g ON g.id = u.group_id WHERE u.username = 'manager' AND u.active AND u.token_generation = 1 AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.family_id = '00000000-0000-7000-8000-000000000000' AND t.revoked_at IS NOT NULL);
INSERT INTO idempotency_keys (caller, route, key, fingerprint, created_at) VALUES ((SELECT id FROM users WHERE username = 'manager'), 'floor', gen_random_uuid()::text, repeat('0', 64), now()) RETURNING key AS key \gset
SELECT p.id AS project, p.client_id AS client, p.version AS version FROM projects p WHERE p.id = (SELECT id FROM measured WHERE n = :n) FOR UPDATE \gset
SELECT value FROM settings WHERE key = 'company' LIMIT 1;
UPDATE projects SET version = version + 1, stage = CASE WHEN stage = 'shelved' THEN 'bidding' ELSE 'shelved' END, stage_entered_at = now(), shelved_from = 'bidding', review_on = current_date, end_reason = 'Measured', updated_at = now() WHERE id = :project AND version = :version;
SELECT chain_pos AS place, hash AS prev FROM events WHERE chain_id = :project ORDER BY chain_pos DESC LIMIT 1 \gset
INSERT INTO events (id, at, actor_id, project_id, client_id, subject_kind, subject_id, subject_version, kind, data, chain_id, chain_pos, prev_hash, hash) VALUES (gen_random_uuid(), now(), (SELECT id FROM users WHERE username = 'manager'), :project, :client, 'project', :project, :version, 'project.shelved', repeat('x', 1100), :project, :place + 1, :prev, repeat('0', 64));
UPDATE idempotency_keys SET reply = repeat('x', 1100), project_id = :project WHERE route = 'floor' AND key = :key AND caller = (SELECT id FROM users WHERE username = 'manager');
COMMIT;
