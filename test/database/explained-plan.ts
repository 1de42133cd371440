import pg from 'pg';
import type { Statement } from '../../src/infra/postgres/database.js';

/** A node of a plan, as EXPLAIN writes it as JSON. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Conflict Arbiter Indexes'?: string[];
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  'Actual Rows'?: number;
  Plans?: PlanNode[];
}

/** What a statement reads, by its generic plan. */
export interface ExplainedPlan {
  /** Indexes that are searched, each once, in alphabetical order. */
  indexes: string[];
  /** Tables that are read from end to end. */
  scanned: string[];
}

/** What one execution read. */
export interface MeasuredPlan extends ExplainedPlan {
  rows: number;
  /** Blocks of 8 kB. */
  blocks: number;
}

/** Makes every prepared statement of the connection use the plan that serves all parameters. */
export async function useGenericPlans(client: pg.Client): Promise<void> {
  await client.query('SET plan_cache_mode = force_generic_plan; SET jit = off');
}

/** Explains a statement without running it: a generic plan does not depend on the parameters, so all of them are null here. */
export async function explain(client: pg.Client, { name, text }: Statement): Promise<ExplainedPlan> {
  await client.query(`PREPARE ${name} AS ${text}`);
  const { rows } = await client.query<{ count: number }>(
    'SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = $1',
    [name],
  );
  const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'NULL');
  return read(await planOf(client, `EXPLAIN (FORMAT JSON) ${execution(name, nulls)}`));
}

/** Runs a statement that `explain` has prepared. */
export async function measure(
  client: pg.Client,
  { name }: Statement,
  values: (string | number)[],
): Promise<MeasuredPlan> {
  const literals = values.map((value) => client.escapeLiteral(String(value)));
  const sql = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${execution(name, literals)}`;
  const plan = await planOf(client, sql);
  const blocks = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  return { ...read(plan), rows: plan['Actual Rows'] ?? 0, blocks };
}

function execution(name: string, literals: string[]): string {
  return literals.length > 0 ? `EXECUTE ${name} (${literals.join(', ')})` : `EXECUTE ${name}`;
}

async function planOf(client: pg.Client, sql: string): Promise<PlanNode> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(sql);
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  if (!plan) throw new Error(`there is no plan of ${sql}`);
  return plan;
}

function read(plan: PlanNode): ExplainedPlan {
  const nodes = flatten(plan);
  const used = nodes.flatMap((node) => [
    ...(node['Index Name'] ? [node['Index Name']] : []),
    ...(node['Conflict Arbiter Indexes'] ?? []),
  ]);
  const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan');
  return {
    indexes: [...new Set(used)].sort(),
    scanned: [...new Set(scans.map((node) => node['Relation Name'] ?? ''))].sort(),
  };
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
