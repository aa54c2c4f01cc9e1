// On site, and the adjustments that decide whether we get paid.

import { ok, once, seen, upload } from './service.js';
import { pay } from './money.js';
import { day, lookAround, pass, stage, take, type Story } from './story.js';

export async function installation(story: Story): Promise<void> {
  stage('Installation');
  const { by } = story;
  const path = { project: story.project };
  const planned = { department: 'procurement', name: 'Goods ready', planned_on: await day(story, 30) };
  const milestone = await ok(
    by.owner.POST('/v1/projects/{project}/milestones', { params: { path, header: once() }, body: planned }),
  );
  await pass(story, 32);
  await ok(
    by.procurement.POST('/v1/milestones/{milestone}/report', {
      params: { path: { milestone: milestone.id }, header: { ...seen(milestone), ...once() } },
      body: { actual_on: await day(story) },
    }),
  );

  const check = (lift: boolean) =>
    ok(
      by.owner.POST('/v1/projects/{project}/site-readiness-checks', {
        params: { path, header: once() },
        body: { items: { water: true, power: true, lift, doors: true, cleaning: true, storage: true } },
      }),
    );
  const first = await check(false);
  console.log(`  not ready on site: ${first.not_ready.join(', ')}`);
  await pass(story, 3);
  await check(true);
  const access = await upload(by.owner, story.project, 'site_access_confirmation');
  await ok(
    by.owner.POST('/v1/projects/{project}/site-access-confirmations', {
      params: { path, header: once() },
      body: { document_id: access.id, confirmed_on: await day(story) },
    }),
  );

  await pay(story, 'interim');
  await ok(
    by.owner.POST('/v1/projects/{project}/installation-starts', { params: { path, header: once() }, body: {} }),
  );
  await pass(story, 4);
  const receipt = await upload(by.owner, story.project, 'delivery_receipt');
  await ok(
    by.owner.POST('/v1/projects/{project}/deliveries', {
      params: { path, header: once() },
      body: { what: 'Lobby furniture, 42 pieces', received_by: 'Mr Lei', receipt_document_id: receipt.id },
    }),
  );
  const progress = { percent: 60, text: 'Lobby complete, suites begun' };
  await ok(
    by.owner.POST('/v1/projects/{project}/progress-entries', { params: { path, header: once() }, body: progress }),
  );
  const issue = await ok(
    by.owner.POST('/v1/projects/{project}/site-issues', {
      params: { path, header: once() },
      body: { text: 'A lantern came broken', department: 'procurement' },
    }),
  );
  await ok(
    by.procurement.POST('/v1/site-issues/{site_issue}/resolve', {
      params: { path: { site_issue: issue.id }, header: { ...seen(issue), ...once() } },
      body: { resolution: 'Replaced from stock' },
    }),
  );
  await pass(story, 8);
  const paper = await upload(by.owner, story.project, 'installation_sign_off');
  await ok(
    by.owner.POST('/v1/projects/{project}/installation-sign-offs', {
      params: { path, header: once() },
      body: { document_id: paper.id },
    }),
  );
  await take(by.owner, story, 'finish_installation');
}

export async function adjustment(story: Story): Promise<void> {
  stage('Adjustment');
  const { by } = story;
  const wish = await ok(
    by.owner.POST('/v1/projects/{project}/adjustments', {
      params: { path: { project: story.project }, header: once() },
      body: {
        place: 'suite 301',
        what: 'A writing desk at the window',
        cause: 'client_change',
        department: 'procurement',
        due_on: await day(story, 9),
        cost_amount: 8_600_00,
        borne_by: 'client',
      },
    }),
  );
  await lookAround(by.owner, story);
  const path = { adjustment: wish.id };
  const planned = await ok(
    by.owner.POST('/v1/adjustments/{adjustment}/plan', {
      params: { path, header: { ...seen(wish), ...once() } },
      body: { planned_on: await day(story, 6) },
    }),
  );
  await pass(story, 6);
  const done = await ok(
    by.procurement.POST('/v1/adjustments/{adjustment}/complete', {
      params: { path, header: { ...seen(planned), ...once() } },
      body: { note: 'Desk and lamp in place' },
    }),
  );
  // What the client pays for needs the client's signed variation order, else it is not billable.
  const order = await upload(by.owner, story.project, 'variation_order');
  const confirmed = await ok(
    by.owner.POST('/v1/adjustments/{adjustment}/confirm', {
      params: { path, header: { ...seen(done), ...once() } },
      body: { document_id: order.id },
    }),
  );
  console.log(`  the request is ${confirmed.state}, ${confirmed.billable ? '' : 'not '}billable`);
  await take(by.owner, story, 'request_acceptance');
}
