// One project, from the first phone call to the archived box, against a running sandbox.

import { acceptance, transfer } from './acceptance.js';
import { contract, design, tender } from './bidding.js';
import { adjustment, installation } from './installation.js';
import { assignment, intake } from './intake.js';
import { ok } from './service.js';
import { archive, settlement } from './settlement.js';

const story = await intake();
await assignment(story);
await tender(story);
await design(story);
await contract(story);
await installation(story);
await adjustment(story);
await acceptance(story);
await transfer(story);
await settlement(story);
await archive(story);
await Promise.all(Object.values(story.by).map((api) => ok(api.POST('/v1/auth/logout'))));
console.log('\nThe whole life was lived.');
