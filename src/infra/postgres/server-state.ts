import { wrongSettings } from './session.js';

/** The oldest PostgreSQL that the product supports, as `server_version_num` has it. */
const OLDEST_VERSION = 140_000;

/** What a connection finds of the server, the database, the role and its session. */
export interface ServerState {
  /** As `server_version_num`, such as 140005. */
  version: number;
  encoding: string;
  standby: boolean;
  readOnly: boolean;
  /** Where the tables are found; null where they are not. */
  schema: string | null;
  /** Whether the role may read and change the tables; null where they are not found. */
  writable: boolean | null;
  /** The value of each of `SESSION_SETTINGS`. */
  settings: Record<string, string>;
}

/** Why a process cannot work with a database, in words that may be public. */
export interface StateProblems {
  /** What stays until somebody changes the server, the database or the address. */
  lasting: string[];
  /** Why nothing can be written now. */
  readOnly: string[];
  /** What a step of the deployment has still to do. */
  undone: string[];
}

/**
 * What is wrong with the database of a connection.
 * @param wantedSchema of `?schema=`; null where the address names none
 */
export function stateProblems(state: ServerState, wantedSchema: string | null): StateProblems {
  return {
    lasting: [
      ...(state.version < OLDEST_VERSION ? ['the server is older than PostgreSQL 14'] : []),
      ...(state.encoding !== 'UTF8' ? [`the database has the encoding ${state.encoding} and not UTF8`] : []),
      ...(wantedSchema !== null && state.schema !== null && state.schema !== wantedSchema
        ? ['search_path leads to another schema than ?schema= of the address names']
        : []),
      ...wrongSettings(state.settings),
    ],
    readOnly: readOnlyProblem(state),
    undone: [
      ...(state.schema === null ? ['the tables are not found: npm run migrate creates them'] : []),
      ...(state.writable === false ? ['the role may not read and change the tables'] : []),
    ],
  };
}

function readOnlyProblem({ standby, readOnly }: ServerState): string[] {
  if (standby) return ['the server is a standby, which is read-only'];
  return readOnly ? ['the database is read-only (default_transaction_read_only)'] : [];
}
