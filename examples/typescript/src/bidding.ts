// The tender, the scheme, the quotation, the contract, the deposit.

import { ok, once, seen, upload } from './service.js';
import { day, pass, stage, take, type Story } from './story.js';
import { pay } from './money.js';

export async function tender(story: Story): Promise<void> {
  stage('Tender');
  const { by } = story;
  const path = { project: story.project };
  const notice = await ok(
    by.owner.POST('/v1/projects/{project}/tenders', {
      params: { path, header: once() },
      body: {
        notice_no: 'LB-2026-03',
        submission_deadline: `${await day(story, 10)}T09:00:00Z`,
        opening_at: `${await day(story, 11)}T02:00:00Z`,
        security_amount: 20_000_00,
      },
    }),
  );
  const security = await ok(
    by.finance.POST('/v1/projects/{project}/securities', {
      params: { path, header: once() },
      body: { purpose: 'bid', form: 'cash', amount: 20_000_00 },
    }),
  );
  const at = { tender: notice.id };
  const read = () => ok(by.owner.GET('/v1/tenders/{tender}', { params: { path: at } }));
  const header = async () => ({ ...seen(await read()), ...once() });
  await ok(
    by.owner.POST('/v1/tenders/{tender}/submit-bid', {
      params: { path: at, header: await header() },
      body: { amount: 1_280_000_00 },
    }),
  );
  await pass(story, 12);
  const bids = [
    { bidder: 'us', amount: 1_280_000_00 },
    { bidder: 'another staging house', amount: 1_345_000_00 },
  ];
  await ok(
    by.owner.POST('/v1/tenders/{tender}/opening', { params: { path: at, header: await header() }, body: { bids } }),
  );
  const result = { result: 'won', note: 'Lowest price, best concept' } as const;
  const params = { path: at, header: await header() };
  const { state } = await ok(by.owner.POST('/v1/tenders/{tender}/result', { params, body: result }));
  const back = await ok(
    by.finance.POST('/v1/securities/{security}/return', {
      params: { path: { security: security.id }, header: { ...seen(security), ...once() } },
      body: { amount: security.amount },
    }),
  );
  console.log(`  the tender is ${state}; of the security ${back.outstanding_amount} fen are still out`);
}

export async function design(story: Story): Promise<void> {
  stage('Scheme, item list, quotation');
  const { by } = story;
  const path = { project: story.project };
  const memo = await ok(
    by.owner.POST('/v1/projects/{project}/memos', {
      params: { path, header: once() },
      body: { to_department: 'design', subject: 'Concept', body: 'As shown in the tender', reply_by: await day(story, 4) },
    }),
  );
  await ok(
    by.design.POST('/v1/memos/{memo}/reply', {
      params: { path: { memo: memo.id }, header: once() },
      body: { body: 'Version 1 follows today' },
    }),
  );
  await ok(
    by.owner.POST('/v1/projects/{project}/instructions', {
      params: { path, header: once() },
      body: { what: 'No mirror facing a bed', place: 'all suites', by_whom: 'Ms Sou' },
    }),
  );

  const first = await ok(
    by.design.POST('/v1/projects/{project}/schemes', {
      params: { path, header: once() },
      body: { title: 'Lanterns and dark oak' },
    }),
  );
  await ok(
    by.owner.POST('/v1/schemes/{scheme}/comment', {
      params: { path: { scheme: first.id }, header: once() },
      body: { comment: 'Lighter wood in the suites' },
    }),
  );
  const second = await ok(
    by.design.POST('/v1/projects/{project}/schemes', {
      params: { path, header: once() },
      body: { title: 'Lanterns and light oak' },
    }),
  );
  const items = await ok(
    by.design.POST('/v1/projects/{project}/item-lists', {
      params: { path, header: once() },
      body: { title: 'Items of the second scheme' },
    }),
  );
  for (const paper of [second, items]) {
    const params = { path: { scheme: paper.id }, header: { ...seen(paper), ...once() } };
    const confirmed = await ok(by.owner.POST('/v1/schemes/{scheme}/confirm', { params }));
    console.log(`  ${confirmed.kind} ${confirmed.revision} is ${confirmed.state}`);
  }

  const quotation = await ok(
    by.owner.POST('/v1/projects/{project}/quotations', {
      params: { path, header: once() },
      body: {
        lines: [
          { code: 'LOBBY', name: 'Lobby complete', place: 'ground floor', quantity: 1, unit_price_amount: 420_000_00 },
          { code: 'SUITE', name: 'Suite complete', place: 'floors 3 to 5', quantity: 6, unit_price_amount: 128_000_00 },
          { code: 'ART', name: 'Art and lanterns', place: 'all', quantity: 2.5, unit_price_amount: 12_000_00 },
        ],
        discount_amount: 43_688_07,
        tax_rate_bp: 900,
        valid_until: await day(story, 60),
      },
    }),
  );
  console.log(`  ${quotation.number}: ${quotation.net_amount} + ${quotation.tax_amount} = ${quotation.total_amount} fen`);
  const params = { path: { quotation: quotation.id }, header: { ...seen(quotation), ...once() } };
  await ok(by.owner.POST('/v1/quotations/{quotation}/accept', { params }));
}

export async function contract(story: Story): Promise<void> {
  stage('Contract and deposit');
  const { by } = story;
  const path = { project: story.project };
  const draft = await ok(
    by.owner.POST('/v1/projects/{project}/contracts', {
      params: { path, header: once() },
      body: {
        template: 'fit-out-standard',
        amount: 1_280_000_00,
        defects_liability_months: 12,
        instalments: [
          { kind: 'deposit', share_bp: 3000, days: 7 },
          { kind: 'interim', share_bp: 4000, days: -3 },
          { kind: 'balance', share_bp: 2500, days: 30 },
          { kind: 'retention', share_bp: 500, days: 0 },
        ],
      },
    }),
  );
  const at = { contract: draft.id };
  const read = () => ok(by.owner.GET('/v1/contracts/{contract}', { params: { path: at } }));

  // Above the limit two people review, one after the other; the contract says whose turn it is.
  for (let paper = await read(); paper.next_reviewer !== 'none'; paper = await read()) {
    const reviewer = paper.next_reviewer === 'manager' ? by.manager : by.reviewer;
    await ok(
      reviewer.POST('/v1/contracts/{contract}/review', {
        params: { path: at, header: { ...seen(paper), ...once() } },
        body: { verdict: 'approved', opinion: `Fine (${paper.next_reviewer})` },
      }),
    );
  }
  for (const party of ['us', 'client'] as const) {
    await ok(
      by.owner.POST('/v1/contracts/{contract}/seals', {
        params: { path: at, header: once() },
        body: { party, seal: 'contract', copies: 4, sealed_by: 'Office' },
      }),
    );
  }
  const scan = await upload(by.owner, story.project, 'contract_scan');
  const signed = await ok(
    by.owner.POST('/v1/contracts/{contract}/sign', {
      params: { path: at, header: { ...seen(await read()), ...once() } },
      body: { signed_on: await day(story), planned_site_access_on: await day(story, 40), document_id: scan.id },
    }),
  );
  console.log(`  contract ${signed.number} is ${signed.state}, worth ${signed.current_amount} fen`);
  await pay(story, 'deposit');
  await take(by.owner, story, 'win');
}
