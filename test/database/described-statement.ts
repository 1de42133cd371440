import pg from 'pg';

/** A type of PostgreSQL, with its labels where it is an enum. */
export interface DescribedType {
  name: string;
  labels: string[] | null;
}

/** How PostgreSQL itself describes a statement. */
export interface DescribedStatement {
  parameters: DescribedType[];
  columns: Record<string, DescribedType>;
}

/** The part of node-postgres's connection that its typings leave out. */
interface Connection {
  once(event: 'parameterDescription', listener: (message: { dataTypeIDs: number[] }) => void): void;
  parse(statement: { name: string; text: string }): void;
  describe(target: { type: 'S'; name: string }): void;
  sync(): void;
}

/** Has a statement parsed and described, not executed: node-postgres calls the methods. */
class Description {
  parameters: number[] = [];
  columns: { name: string; dataTypeID: number }[] = [];
  readonly done: Promise<void>;
  handleReadyForQuery!: () => void;
  handleError!: (error: Error) => void;

  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.handleReadyForQuery = resolve;
      this.handleError = reject;
    });
  }

  submit(connection: pg.Connection): void {
    const { name, text } = this;
    const wire = connection as unknown as Connection;
    wire.once('parameterDescription', ({ dataTypeIDs }) => (this.parameters = dataTypeIDs));
    wire.parse({ name, text });
    wire.describe({ type: 'S', name });
    wire.sync();
  }

  handleRowDescription({ fields }: { fields: Description['columns'] }): void {
    this.columns = fields;
  }
}

/** Every type of a database by its object id. */
export async function readTypes(client: pg.Client): Promise<Map<number, DescribedType>> {
  const { rows } = await client.query<DescribedType & { oid: number }>(
    `SELECT oid::int, format_type(oid, NULL) AS name,
            (SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) AS labels
     FROM pg_type t`,
  );
  return new Map(rows.map(({ oid, ...type }) => [oid, type]));
}

/**
 * Prepares a statement under its own name.
 * @throws DatabaseError when PostgreSQL does not accept the statement
 */
export async function describeStatement(
  client: pg.Client,
  types: Map<number, DescribedType>,
  { name, text }: { name: string; text: string },
): Promise<DescribedStatement> {
  const description = client.query(new Description(name, text));
  await description.done;
  const typeOf = (oid: number) => types.get(oid) ?? { name: `type ${oid}`, labels: null };
  return {
    parameters: description.parameters.map(typeOf),
    columns: Object.fromEntries(
      description.columns.map((column) => [column.name, typeOf(column.dataTypeID)]),
    ),
  };
}
