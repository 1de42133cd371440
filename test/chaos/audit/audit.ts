import { auditAnswers } from './answers.js';
import { storiesOf, type Evidence } from './evidence.js';
import { auditOrder } from './order.js';
import { auditPrompts } from './prompts.js';
import { auditQuota } from './quota.js';
import { auditText } from './text.js';

/** Everything in the evidence that must not be. */
export function audit(evidence: Evidence): string[] {
  const stories = storiesOf(evidence);
  return [
    ...auditAnswers(evidence),
    ...auditPrompts(stories, evidence),
    ...auditQuota(stories, evidence),
    ...auditOrder(evidence),
    ...auditText(stories, evidence),
  ];
}
