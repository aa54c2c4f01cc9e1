// What every integrator needs once: a signed-in client, refusals as exceptions, headers for safe repeats, and lists page by page.

import createClient, { type Client } from 'openapi-fetch';
import { randomUUID } from 'node:crypto';
import type { components, paths } from '../generated/api.js';

export type Schemas = components['schemas'];
export type Problem = Schemas['ProblemBody'];
export type Api = Client<paths & Sandbox>;

const baseUrl = fromEnvironment('SERVICE_URL');
const password = fromEnvironment('SERVICE_PASSWORD');

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; see examples/README.md`);
  return value;
}

interface Clock {
  now: string;
  today: string;
  frozen: boolean;
}

/** What only a sandbox has, and the document that `fitout openapi` prints leaves out. */
interface Sandbox {
  '/v1/sandbox/clock': {
    get: { responses: { 200: { content: { 'application/json': Clock } } } };
    put: {
      requestBody: { content: { 'application/json': { now: string; frozen?: boolean } } };
      responses: { 200: { content: { 'application/json': Clock } } };
    };
  };
}

/** A refusal: branch on `problem.code`, which never changes; `detail` is for people. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail} (request ${problem.request_id})`);
  }
}

/** The answer's data; a `Refusal` where the service said no. */
export async function ok<T>(call: Promise<{ data?: T; error?: Problem; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (error !== undefined) throw new Refusal(error);
  if (data === undefined && response.status !== 204) throw new Error(`${response.status} without a body`);
  return data as T;
}

/** The problem of a call that is expected to be refused. */
export async function refused(call: Promise<{ error?: Problem; response: Response }>): Promise<Problem> {
  const { error, response } = await call;
  if (error === undefined) throw new Error(`${response.url} was not refused`);
  const missing = error.missing?.length ? `; missing: ${error.missing.join(', ')}` : '';
  console.log(`  refused on purpose: ${error.status} ${error.code}${missing}`);
  return error;
}

/**
 * A key for one effect. Make it before the first attempt and send the same one with every repeat: the effect happens
 * once, however often the line drops.
 */
export const once = () => ({ 'Idempotency-Key': randomUUID() });

/** The version that the decision was made on: if somebody was faster, the answer is 412 and nothing is overwritten. */
export const seen = (record: { version: number }) => ({ 'If-Match': `"${record.version}"` });

/** Signs in. An access token lives for minutes; a program that runs for longer calls `/v1/auth/refresh` in time. */
export async function signIn(username: string): Promise<Api> {
  const door = createClient<paths>({ baseUrl });
  const session = await ok(door.POST('/v1/auth/login', { body: { username, password } }));
  return createClient<paths & Sandbox>({
    baseUrl,
    headers: { Authorization: `Bearer ${session.access_token}`, 'Accept-Language': 'en' },
  });
}

interface Page<Row> {
  data: Row[];
  next: string | null;
}

/** Every row of a list: `next` is handed back as `cursor` until it is null. */
export async function* rows<Row>(page: (cursor: string | undefined) => Promise<Page<Row>>): AsyncGenerator<Row> {
  let cursor: string | undefined;
  do {
    const { data, next } = await page(cursor);
    yield* data;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** Uploads a small paper; the document. */
export async function upload(api: Api, project: string, category: string): Promise<Schemas['DocumentView']> {
  const name = `${category}.pdf`;
  const form = new FormData();
  form.set('category', category);
  form.set('file', new Blob([`%PDF-1.4\n% ${name} of ${project}\n%%EOF\n`], { type: 'application/pdf' }), name);
  const call = api.POST('/v1/projects/{project}/documents', {
    params: { path: { project }, header: once() },
    // The generated type takes the bytes for a string: the real form is made by the serializer.
    body: { category, file: name },
    bodySerializer: () => form,
  });
  return ok(call);
}
