// Inspected, accepted, and handed to the back group.

import { ok, once, rows, seen, upload } from './service.js';
import { day, pass, stage, take, type Story } from './story.js';

/** What the transfer's checklist asks for. */
const checklist = [
  'contract_scan',
  'confirmed_scheme',
  'final_item_list',
  'quotation',
  'assignment_sheet',
  'site_access_confirmation',
  'acceptance_certificate',
  'memos',
  'photos',
];

export async function acceptance(story: Story): Promise<void> {
  stage('Acceptance');
  const { by } = story;
  const path = { project: story.project };
  const inspect = (passed: boolean) =>
    ok(
      by.owner.POST('/v1/projects/{project}/inspections', {
        params: { path, header: once() },
        body: {
          items: [
            { name: 'Furniture against the list', passed: true },
            { name: 'Lighting', passed, ...(passed ? {} : { note: 'Two spots flicker', department: 'engineering' }) },
          ],
        },
      }),
    );

  // A failed item becomes a request; back to adjustment, and a second round of inspection.
  const failed = await inspect(false);
  await take(by.owner, story, 'return_to_adjustment');
  for (const adjustment of failed.adjustment_ids) {
    const at = { adjustment };
    const read = () => ok(by.owner.GET('/v1/adjustments/{adjustment}', { params: { path: at } }));
    const header = async () => ({ ...seen(await read()), ...once() });
    await ok(
      by.engineering.POST('/v1/adjustments/{adjustment}/complete', { params: { path: at, header: await header() }, body: {} }),
    );
    await ok(
      by.owner.POST('/v1/adjustments/{adjustment}/confirm', { params: { path: at, header: await header() }, body: {} }),
    );
  }
  await take(by.owner, story, 'request_acceptance');
  await pass(story, 2);
  await inspect(true);

  const paper = await upload(by.owner, story.project, 'acceptance_certificate');
  await ok(
    by.owner.POST('/v1/projects/{project}/acceptance-certificates', {
      params: { path, header: once() },
      body: { document_id: paper.id, accepted_on: await day(story) },
    }),
  );
  await ok(
    by.owner.POST('/v1/projects/{project}/project-summaries', {
      params: { path, header: once() },
      body: {
        went_well: 'The concept of the tender was built as drawn',
        problems: 'One lift for two firms',
        lessons: 'Book the lift in writing',
      },
    }),
  );
}

export async function transfer(story: Story): Promise<void> {
  stage('Transfer');
  const { by } = story;
  const path = { project: story.project };

  // Some of it was filed by the acts before. Lists come page by page; the next one is asked for with the last one's cursor.
  let pages = 0;
  const page = (cursor: string | undefined) => {
    pages += 1;
    const query = { limit: 3, ...(cursor && { cursor }) };
    return ok(by.owner.GET('/v1/projects/{project}/documents', { params: { path, query } }));
  };
  const filed = new Map<string, string>();
  for await (const { category, id } of rows(page)) filed.set(category, id);
  console.log(`  papers of ${filed.size} categories on ${pages} pages`);

  const documents = [];
  for (const category of checklist) {
    const id = filed.get(category) ?? (await upload(by.owner, story.project, category)).id;
    documents.push({ category, document_id: id });
  }
  const offer = await ok(
    by.owner.POST('/v1/projects/{project}/transfers', { params: { path, header: once() }, body: { documents } }),
  );
  console.log(`  goes along: ${offer.open_instructions.map((open) => open.what).join(', ')}`);
  console.log(`  unpaid: ${offer.unpaid_receivables.map((row) => `${row.kind} ${row.outstanding_amount}`).join(', ')}`);
  const accepted = await ok(
    by.back.POST('/v1/transfers/{transfer}/accept', {
      params: { path: { transfer: offer.id }, header: { ...seen(offer), ...once() } },
      body: { acknowledges: offer.open_instructions.map((open) => open.id) },
    }),
  );
  const project = await ok(by.back.GET('/v1/projects/{project}', { params: { path } }));
  console.log(`  the transfer is ${accepted.state}; the back group answers for ${project.number} in ${project.stage}`);
}
