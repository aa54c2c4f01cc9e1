// A person's first ten minutes in Swagger UI: log in, authorize, read, create, be refused. Anything the console complains about fails, and so does
// a request to any other origin: the page must work in a closed network.
//   node swagger.mjs <origin> <user> <password> <screenshot>
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [origin, username, password, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  // As root in a container there is no sandbox; the rest keeps the browser itself off the network.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 1800 } });
// Hundreds of operations are drawn at once, and CI's machine may be busy with other work.
page.setDefaultTimeout(120_000);
const outside = [];
const errors = [];
const refusals = [];
page.on('request', (request) => {
  const url = new URL(request.url());
  if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) outside.push(request.url());
});
page.on('requestfailed', (request) => errors.push({ text: `${request.failure().errorText}`, url: request.url() }));
page.on('pageerror', (error) => errors.push({ text: `${error}` }));
page.on('console', (message) => {
  if (message.type() === 'error') errors.push({ text: message.text(), url: message.location().url });
});

/** Opens an operation, presses Execute and gives back the answer as the page shows it. `fill` changes what the page has filled in by itself. */
async function execute(operation, status, fill = async () => {}) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator('.opblock-summary-control').click();
  // "Try it out" is pressed already where the page is set up so.
  const enter = block.locator('button.try-out__btn:not(.cancel)');
  await block.locator('button.try-out__btn').first().waitFor();
  if (await enter.count()) await enter.click();
  const body = block.locator('textarea.body-param__text');
  await fill({
    body,
    input: (name) => block.locator(`tr[data-param-name="${name}"] input`),
    choice: (name) => block.locator(`tr[data-param-name="${name}"] select`),
  });
  const sent = (await body.count()) ? JSON.parse(await body.inputValue()) : undefined;
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/v1/'));
  await block.locator('button.execute').click();
  const url = (await answered).url();
  const answer = block.locator('.live-responses-table tr.response');
  // The exact text: beside a status that the document does not name the page writes "Undocumented".
  assert.equal((await answer.locator('.response-col_status').innerText()).trim(), String(status), operation);
  if (status >= 400) refusals.push({ url, text: `status of ${status} ` });
  console.log(`${operation}: ${status}`);
  return { answer: JSON.parse(await answer.locator('.response-col_description .highlight-code code').first().innerText()), sent };
}

try {
  await page.goto(`${origin}/docs`);
  await page.locator('.opblock').first().waitFor();

  const login = await execute('login', 200, ({ body }) => body.fill(JSON.stringify({ username, password })));
  await page.locator('.auth-wrapper button.authorize').first().click();
  const dialog = page.locator('.modal-ux');
  await dialog.locator('input').fill(login.answer.access_token);
  await dialog.locator('button.authorize').click();
  await dialog.locator('button.btn-done').click();

  // The search is filled in with its example, which need not be in the demo.
  const { answer: projects } = await execute('list_projects', 200, ({ input }) => input('q').fill(''));
  const project = projects.data.find(({ stage }) => stage === 'intake');
  assert.ok(project, 'the demo has a project in intake');

  const client = await execute('create_client', 201);
  assert.equal(client.answer.name, client.sent.name);

  // Nothing is settled that was never accepted.
  const refused = await execute('take_step', 409, async ({ input, choice }) => {
    await input('project').fill(project.id);
    await choice('action').selectOption('settle');
    await input('If-Match').fill(`"${project.version}"`);
  });
  assert.equal(refused.answer.code, 'state');
  assert.match(refused.answer.type, /^\/problems\//);

  assert.deepEqual(outside, [], 'requests to other origins');
  // The browser notes every refusal as an error; one that was asked for is none.
  const unexpected = errors.filter(({ url, text }) => !refusals.some((refusal) => refusal.url === url && text.includes(refusal.text)));
  assert.deepEqual(unexpected, [], 'errors in the console');
} finally {
  // Of a failure too: it shows where things went wrong.
  await page.screenshot({ path: screenshot });
  await browser.close();
}
