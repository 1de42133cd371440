import { PAGE_BYTES } from '../../src/common/http/json-page.js';
import { MESSAGES_BEFORE } from '../../src/chatroom/message/message.sql.js';
import { buildRoom } from '../support/factories.js';
import type { Row } from '../support/figures.js';
import type { Bench } from './bench.js';
import type { Setup } from './setup.js';

const LIMIT = 20;
/** The naive way to a page: past all that come before it. */
const BY_OFFSET = 'SELECT * FROM message WHERE chatroom_id = $1 ORDER BY number DESC OFFSET $2 LIMIT $3';

/** What PostgreSQL did for a page. */
interface Work {
  /** Read from the table, by whatever index. */
  rows: number;
  /** Blocks of 8 kB that were looked at. */
  buffers: number;
}

/** A long conversation is opened, and scrolled through to its beginning. */
export const paging: Bench = {
  name: 'paging',
  about: 'what PostgreSQL reads for a page of one long room; naive: OFFSET',
  async run(setup, { messages }) {
    const room = await longRoom(setup, messages);
    const rows: Row[] = [];
    const work: { keyed: Work; counted: Work }[] = [];
    for (const [what, before] of [
      ['first', messages + 1],
      ['middle', Math.ceil(messages / 2)],
      ['last', LIMIT + 1],
    ] as const) {
      const keyed = await explain(setup, MESSAGES_BEFORE.text, [room, before, LIMIT + 1, PAGE_BYTES]);
      const counted = await explain(setup, BY_OFFSET, [room, messages + 1 - before, LIMIT + 1]);
      rows.push({ what: `${what} page, product`, figures: { ...keyed } });
      rows.push({ what: `${what} page, naive`, figures: { ...counted } });
      work.push({ keyed, counted });
    }
    const most = (of: keyof Work) => Math.max(...work.map(({ keyed }) => keyed[of]));
    const least = Math.min(...work.map(({ keyed }) => keyed.buffers));
    const end = work.at(-1);
    return {
      rows,
      floors: [
        // The page and the one message more that tells whether there is another.
        { kind: 'count', what: 'rows read for a page', value: most('rows'), atMost: LIMIT + 1 },
        // A page lies in one block or in two, and the way to it through the index may be a level longer: never twice.
        {
          kind: 'ratio',
          what: 'blocks of the dearest page to the cheapest',
          value: most('buffers') / least,
          atMost: 2,
        },
        // 70 times at 5,000 messages, and it grows with the room: less would mean that the product walks through it too.
        {
          kind: 'ratio',
          what: 'blocks of the last page, naive to product',
          value: (end?.counted.buffers ?? 0) / (end?.keyed.buffers ?? 1),
          atLeast: 10,
        },
      ],
    };
  },
};

async function longRoom(setup: Setup, messages: number): Promise<string> {
  const [person] = await setup.people(1);
  const room = await buildRoom(setup.db, person?.id ?? '');
  const client = await setup.db.connect();
  try {
    // Without the checks of foreign keys, which this data does not need.
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO message (id, chatroom_id, number, reply_to, role, status, content, completed_at)
       SELECT gen_random_uuid(), $1, n, CASE WHEN n % 2 = 0 THEN gen_random_uuid() END,
               (CASE WHEN n % 2 = 1 THEN 'user' ELSE 'model' END)::message_role, 'completed',
              'Message ' || n || repeat(' and more', 20), now()
       FROM generate_series(1, $2::int) n`,
      [room, messages],
    );
    await client.query('RESET session_replication_role');
    await client.query('VACUUM (ANALYZE) message');
  } finally {
    client.release();
  }
  return room;
}

interface PlanNode {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

async function explain({ db }: Setup, sql: string, values: unknown[]): Promise<Work> {
  const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
    values,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  if (!plan) throw new Error('there is no plan');
  return { rows: rowsRead(plan), buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] };
}

/** By the nodes that read a table. */
function rowsRead(node: PlanNode): number {
  const own = node['Relation Name'] === undefined ? 0 : node['Actual Rows'] * node['Actual Loops'];
  return (node.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), own);
}
