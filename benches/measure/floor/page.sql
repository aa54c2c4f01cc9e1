\set n random(1, :projects)
SELECT u.role, u.group_id, g.kind, u.department FROM users u LEFT JOIN groups g ON g.id = u.group_id WHERE u.username = 'manager' AND u.active AND u.token_generation = 1 AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.family_id = '00000000-0000-7000-8000-000000000000' AND t.revoked_at IS NOT NULL);
SELECT p.* FROM projects p WHERE p.front_owner_id = (SELECT owner FROM measured WHERE n = :n) AND p.stage = (SELECT stage FROM measured WHERE n = :n) ORDER BY p.id LIMIT 51;
