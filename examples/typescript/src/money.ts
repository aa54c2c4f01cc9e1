// A payment of the client, recorded and confirmed by finance.

import { ok, once, Refusal, seen, type Schemas } from './service.js';
import { day, type Story } from './story.js';

/** The receivable of this kind. */
export async function receivable(story: Story, kind: Schemas['InstalmentKind']): Promise<Schemas['ReceivableView']> {
  const params = { path: { project: story.project } };
  const { data } = await ok(story.by.finance.GET('/v1/projects/{project}/receivables', { params }));
  const found = data.find((row) => row.kind === kind);
  if (!found) throw new Error(`no receivable of kind ${kind}`);
  return found;
}

/** Everything outstanding of this kind is paid. */
export async function pay(story: Story, kind: Schemas['InstalmentKind']): Promise<void> {
  const { finance } = story.by;
  const due = await receivable(story, kind);
  const amount = due.outstanding_amount;
  const body = {
    amount,
    paid_on: await day(story),
    reference: `bank slip ${kind}`,
    to: [{ receivable_id: due.id, amount }],
  };

  // The line drops after the request was sent: repeating it with the same key gives the stored answer, no second payment.
  const header = once();
  const send = () => finance.POST('/v1/clients/{client}/payments', { params: { path: { client: story.client }, header }, body });
  const payment = await ok(send());
  const repeated = await send();
  if (!repeated.data) throw new Refusal(repeated.error);
  const replayed = repeated.response.headers.get('Idempotent-Replayed') === 'true';
  if (repeated.data.id !== payment.id || !replayed) throw new Error('the payment was recorded twice');

  const params = { path: { payment: payment.id }, header: { ...seen(payment), ...once() } };
  const confirmed = await ok(finance.POST('/v1/payments/{payment}/confirm', { params }));
  const { status } = await receivable(story, kind);
  console.log(`  ${kind}: ${confirmed.amount} fen ${confirmed.state}; the receivable is ${status}`);
}
