// The first call, the decision to take it on, the assignment.

import { ok, once, refused, seen } from './service.js';
import { day, lookAround, pass, people, stage, take, takeInVain, type Story } from './story.js';

export async function intake(): Promise<Story> {
  stage('Intake');
  const by = await people();
  const client = await ok(
    by.owner.POST('/v1/clients', {
      params: { header: once() },
      body: {
        name: 'Lantern Bay Resorts Ltd',
        kind: 'hotel',
        region: 'Zhuhai',
        source: 'tender_notice',
        invoice_particulars: { title: 'Lantern Bay Resorts Ltd', tax_number: '91440400MA5XXXXX7K' },
        contacts: [{ name: 'Ms Sou', position: 'Owner', decision_maker: true, is_primary: true, phone: '0756-555-0150' }],
      },
    }),
  );
  const contact = { name: 'Mr Lei', position: 'Purchasing', email: 'purchasing@lanternbay.example' };
  const path = { client: client.id };
  await ok(by.owner.POST('/v1/clients/{client}/contacts', { params: { path, header: once() }, body: contact }));

  // A change is made on the version that was read. Here two people change the same client; the second one reads again.
  const grade = { params: { path, header: seen(client) }, body: { grade: 'A' } };
  await ok(by.manager.PATCH('/v1/clients/{client}', grade));
  const note = { credit_note: 'Listed; pays within 60 days' };
  await refused(by.owner.PATCH('/v1/clients/{client}', { params: { path, header: seen(client) }, body: note }));
  const current = await ok(by.owner.GET('/v1/clients/{client}', { params: { path } }));
  await ok(by.owner.PATCH('/v1/clients/{client}', { params: { path, header: seen(current) }, body: note }));

  const inquiry = await ok(
    by.owner.POST('/v1/inquiries', {
      params: { header: once() },
      body: {
        client_id: client.id,
        channel: 'tender_notice',
        name: 'Lantern Bay lobby and six suites',
        kind: 'hotel_room',
        address: '9 Lantern Road, Zhuhai',
        area_m2: 640,
        budget_amount: 1_300_000_00,
        wanted_from: await day({ by }, 70),
        wanted_until: await day({ by }, 100),
        needs: 'Lobby and suites staged before the season opens',
      },
    }),
  );
  console.log(`  inquiry ${inquiry.inquiry_number} for client ${client.number}`);
  const story: Story = { by, client: client.id, project: inquiry.id };

  // Too early: the refusal names everything that is missing at once; the steps also say where each piece is supplied.
  await takeInVain(by.manager, story, 'accept');
  await lookAround(by.manager, story);

  const params = { path: { project: story.project }, header: once() };
  const visit = {
    kind: 'showroom_visit' as const,
    summary: 'Shown two model suites; budget and season discussed',
    attendees: ['Ms Sou', 'Mr Lei'],
    follow_up_on: await day(story, 3),
  };
  await ok(by.owner.POST('/v1/projects/{project}/interactions', { params, body: visit }));
  const answers = {
    finances: 4,
    value: 5,
    effort: 3,
    difficulty: 3,
    decision_makers_known: true,
    incumbent: 'none',
    payment_habit: 'pays within 60 days',
    background_check: 'No court cases',
  };
  const own = { path: { project: story.project }, header: once() };
  await ok(by.owner.POST('/v1/projects/{project}/qualifications', { params: own, body: answers }));
  await pass(story, 1);
  const { number } = await take(by.manager, story, 'accept');
  console.log(`  the project is ${number}`);
  return story;
}

export async function assignment(story: Story): Promise<void> {
  stage('Assignment');
  const { by } = story;
  const path = { project: story.project };

  // The service suggests, the manager decides.
  const suggested = await ok(by.manager.GET('/v1/projects/{project}/owner-suggestions', { params: { path } }));
  for (const { display_name, open_projects, clients } of suggested.data) {
    console.log(`  suggested: ${display_name}, ${open_projects} open projects, ${clients} clients`);
  }
  const owner = await ok(by.owner.GET('/v1/me'));
  if (!owner.group_id) throw new Error('the owner is in no group');
  const project = await ok(by.manager.GET('/v1/projects/{project}', { params: { path } }));
  await ok(
    by.manager.POST('/v1/projects/{project}/assign', {
      params: { path, header: { ...seen(project), ...once() } },
      body: { front_group_id: owner.group_id, front_owner_id: owner.id },
    }),
  );

  await ok(
    by.owner.POST('/v1/projects/{project}/initiation-forms', {
      params: { path, header: once() },
      body: {
        needs: 'Lobby and six suites, ready a week before the season opens',
        scope: 'Loose furniture, lighting, art; no fixed joinery',
        risks: 'One goods lift, shared with the contractor',
      },
    }),
  );
  const departments = ['design', 'procurement', 'engineering'] as const;
  const sheet = await ok(
    by.manager.POST('/v1/projects/{project}/assignment-sheets', {
      params: { path, header: once() },
      body: { departments: [...departments], note: 'Tender closes in ten days' },
    }),
  );
  for (const department of departments) {
    await ok(
      by[department].POST('/v1/assignment-sheets/{assignment_sheet}/acknowledge', {
        params: { path: { assignment_sheet: sheet.id }, header: once() },
      }),
    );
  }
  console.log(`  assignment sheet ${sheet.number} acknowledged by ${departments.join(', ')}`);
  await take(by.owner, story, 'launch');
}
