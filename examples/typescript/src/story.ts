// Who takes part, what the stages hand on to each other, the sandbox's clock, and the moves of the workflow.

import { ok, once, refused, seen, signIn, type Api, type Problem, type Schemas } from './service.js';

/** The people of the demo company, each by the log-in that the demo prints. */
const logIns = {
  administrator: 'admin',
  manager: 'manager',
  owner: 'a_specialist_1',
  reviewer: 'c_leader',
  back: 'c_specialist_1',
  finance: 'finance',
  design: 'design',
  procurement: 'procurement',
  engineering: 'engineering',
} as const;

export type People = Record<keyof typeof logIns, Api>;

/** Everybody, signed in. */
export async function people(): Promise<People> {
  const signedIn = Object.entries(logIns).map(async ([role, logIn]) => [role, await signIn(logIn)] as const);
  return Object.fromEntries(await Promise.all(signedIn)) as People;
}

/** What one stage hands on to the next. */
export interface Story {
  by: People;
  client: string;
  project: string;
}

export function stage(name: string): void {
  console.log(`\n== ${name}`);
}

/** The business date, some days from now: dates are days of the company's time zone, so they are asked for, not computed. */
export async function day({ by }: Pick<Story, 'by'>, days = 0): Promise<string> {
  const { today } = await ok(by.administrator.GET('/v1/sandbox/clock'));
  return new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Lets business time pass; it moves forward only. */
export async function pass({ by }: Pick<Story, 'by'>, days: number): Promise<void> {
  const { now } = await ok(by.administrator.GET('/v1/sandbox/clock'));
  const later = new Date(Date.parse(now) + days * 86_400_000).toISOString();
  await ok(by.administrator.PUT('/v1/sandbox/clock', { body: { now: later, frozen: false } }));
}

/** Every move from where the project stands: whether it is this caller's, and what is missing with where to supply it. */
export async function steps(api: Api, { project }: Story): Promise<Schemas['StepsView']> {
  return ok(api.GET('/v1/projects/{project}/steps', { params: { path: { project } } }));
}

/** Prints what this caller could do next. */
export async function lookAround(api: Api, story: Story): Promise<void> {
  const { stage, data } = await steps(api, story);
  console.log(`  from ${stage}:`);
  for (const step of data) {
    console.log(`    ${step.action}: ${step.allowed ? 'allowed' : step.refusal}`);
    // Whose move it is not need not know what is missing for it.
    if (step.refusal !== 'evidence') continue;
    for (const { key, supply, waivable } of step.missing) {
      console.log(`      missing ${key}${waivable ? ', or a waiver' : ''}: see ${supply}`);
    }
  }
}

/** Takes a move; it is judged by the version of the project that was looked at. */
export async function take(api: Api, story: Story, action: Schemas['Action'], body: Schemas['TakeStep'] = {}) {
  const params = { path: { project: story.project, action }, header: { ...seen(await steps(api, story)), ...once() } };
  const project = await ok(api.POST('/v1/projects/{project}/steps/{action}', { params, body }));
  console.log(`  ${action}: now in ${project.stage}`);
  return project;
}

/** Tries a move that must be refused. */
export async function takeInVain(api: Api, story: Story, action: Schemas['Action']): Promise<Problem> {
  const params = { path: { project: story.project, action }, header: { ...seen(await steps(api, story)), ...once() } };
  return refused(api.POST('/v1/projects/{project}/steps/{action}', { params, body: {} }));
}
