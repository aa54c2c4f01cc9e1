// The final account, the invoice, what is still owed, and the archive.

import { ok, once, refused, seen, upload } from './service.js';
import { pay, receivable } from './money.js';
import { day, pass, stage, take, takeInVain, type Story } from './story.js';

export async function settlement(story: Story): Promise<void> {
  stage('Settlement');
  const { by } = story;
  const path = { project: story.project };
  await pass(story, 5);
  const draft = await ok(
    by.back.POST('/v1/projects/{project}/final-accounts', {
      params: { path, header: once() },
      body: { deductions: [{ what: 'Rug delivered late', amount: 1_200_00 }] },
    }),
  );
  const at = { final_account: draft.id };
  const submitted = await ok(
    by.back.POST('/v1/final-accounts/{final_account}/submit', {
      params: { path: at, header: { ...seen(draft), ...once() } },
      body: { submitted_on: await day(story) },
    }),
  );
  const paper = await upload(by.back, story.project, 'final_account');
  const agreed = { document_id: paper.id, confirmed_on: await day(story), basis: 'agreed' } as const;
  const params = { path: at, header: { ...seen(submitted), ...once() } };

  // A dry run gives the same answer and saves nothing.
  const dry = { ...params, query: { dry_run: true } };
  const would = await ok(by.back.POST('/v1/final-accounts/{final_account}/confirm', { params: dry, body: agreed }));
  console.log(`  dry run: the account would be ${would.state}, ${would.total_amount} fen`);
  const account = await ok(by.back.POST('/v1/final-accounts/{final_account}/confirm', { params, body: agreed }));
  const balance = await receivable(story, 'balance');
  console.log(`  the account is ${account.state}; the balance is now ${balance.amount} fen, due on ${balance.due_on}`);

  const asked = await ok(
    by.back.POST('/v1/projects/{project}/invoices', {
      params: { path, header: once() },
      body: { amount: balance.amount, kind: 'special', tax_rate_bp: 900 },
    }),
  );
  const issued = await ok(
    by.finance.POST('/v1/invoices/{invoice}/issue', {
      params: { path: { invoice: asked.id }, header: { ...seen(asked), ...once() } },
      body: { number: `2644${Date.now()}`, issued_on: await day(story) },
    }),
  );
  await ok(
    by.back.POST('/v1/invoices/{invoice}/record-receipt', {
      params: { path: { invoice: asked.id }, header: { ...seen(issued), ...once() } },
      body: { received_on: await day(story) },
    }),
  );

  // The balance is forgotten: once it is overdue it is collected.
  const entries = (level: 'reminder' | 'letter') =>
    by.back.POST('/v1/receivables/{receivable}/collection-entries', {
      params: { path: { receivable: balance.id }, header: once() },
      body: { level, note: 'Called purchasing; payment promised' },
    });
  await refused(entries('reminder'));
  await pass(story, 35);
  await ok(entries('reminder'));
  const { days_overdue } = await receivable(story, 'balance');
  console.log(`  reminded, ${days_overdue} days overdue`);
  await pay(story, 'balance');
  await takeInVain(by.back, story, 'settle');
  // A year later the defects liability ends and the retention falls due.
  await pass(story, 340);
  await pay(story, 'retention');
  await take(by.back, story, 'settle');
}

export async function archive(story: Story): Promise<void> {
  stage('Archive');
  const { by } = story;
  const path = { project: story.project };
  const before = await ok(by.back.GET('/v1/projects/{project}/completeness', { params: { path } }));
  console.log(`  papers complete: ${before.complete}${before.missing.length ? `; missing ${before.missing.join(', ')}` : ''}`);
  await ok(
    by.back.POST('/v1/projects/{project}/paper-files', {
      params: { path, header: once() },
      body: { room: 'Archive 1', shelf: 'R3-02', box: '2026-044' },
    }),
  );
  const project = await ok(by.back.GET('/v1/projects/{project}', { params: { path } }));
  const sealed = await ok(
    by.back.POST('/v1/projects/{project}/seal', { params: { path, header: { ...seen(project), ...once() } } }),
  );
  const at = { archive: sealed.id };
  const checked = await ok(by.back.GET('/v1/archives/{archive}/verify', { params: { path: at } }));
  const bytes = await ok(
    by.back.GET('/v1/archives/{archive}/package', { params: { path: at }, parseAs: 'arrayBuffer' }),
  );
  console.log(`  ${sealed.number} ${sealed.state}; ${bytes.byteLength} bytes, ${checked.events} events, intact: ${checked.intact}`);
  if (!checked.intact) throw new Error('the archive is broken');
  const { stage: end } = await take(by.back, story, 'archive');
  if (end !== 'archived') throw new Error(`the project ended in ${end}`);
}
