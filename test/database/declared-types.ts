import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A type as far as a value from PostgreSQL, or for it, can differ: null is left out, since PostgreSQL does not describe it. */
export interface DeclaredType {
  /** `string`, `number`, `boolean`, `Date`, `json`, or one of them with `[]`. */
  kinds: string[];
  /** The values of a union of string literals. */
  literals: string[] | null;
}

/** What the type `Statement<Row, Values>` of an exported constant declares. */
export interface DeclaredStatement {
  file: string;
  constant: string;
  parameters: DeclaredType[];
  columns: Record<string, DeclaredType>;
}

/** Source files of the product whose names end so, without those that are generated and without specs. */
export function sourceFiles(ending: string): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !path.endsWith('.spec.ts') && !path.startsWith('generated'))
    .map((path) => join('src', path));
}

/** The places of a file where an object has a name and a text, as a statement has. */
export function statementLiterals(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const names = node.properties.map((property) => property.name?.getText(source));
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      if (names.includes('name') && names.includes('text')) found.push(`${file}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Reads the declared types of every exported statement with the TypeScript compiler. */
export function declaredStatements(files: string[]): DeclaredStatement[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const symbols = module ? checker.getExportsOfModule(module) : [];
    return symbols.flatMap((symbol) => declared(checker, file, symbol) ?? []);
  });
}

function declared(checker: ts.TypeChecker, file: string, symbol: ts.Symbol): DeclaredStatement | null {
  if (!(symbol.flags & ts.SymbolFlags.Variable)) return null;
  const type = checker.getTypeOfSymbol(symbol);
  if (type.symbol?.name !== 'Statement') return null;
  const [row, values] = checker.getTypeArguments(type as ts.TypeReference);
  if (!row || !values || !checker.isTupleType(values))
    throw new Error(`${file}: ${symbol.name} declares no tuple of parameters`);
  const columns = row.flags & ts.TypeFlags.Never ? [] : checker.getPropertiesOfType(row);
  return {
    file,
    constant: symbol.name,
    parameters: checker.getTypeArguments(values as ts.TypeReference).map((each) => kindsOf(checker, each)),
    columns: Object.fromEntries(
      columns.map((column) => [column.name, kindsOf(checker, checker.getTypeOfSymbol(column))]),
    ),
  };
}

function kindsOf(checker: ts.TypeChecker, type: ts.Type): DeclaredType {
  const plain = checker.getNonNullableType(type);
  const parts = plain.isUnion() ? plain.types : [plain];
  const literals = parts.map((part) => (part.isStringLiteral() ? part.value : null));
  return {
    kinds: [...new Set(parts.map((part) => kindOf(checker, part)))],
    literals: literals.every((literal) => literal !== null) ? literals : null,
  };
}

function kindOf(checker: ts.TypeChecker, type: ts.Type): string {
  if (type.flags & ts.TypeFlags.StringLike) return 'string';
  if (type.flags & ts.TypeFlags.NumberLike) return 'number';
  if (type.flags & ts.TypeFlags.BooleanLike) return 'boolean';
  if (type.symbol?.name === 'Date') return 'Date';
  const [element] = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : [];
  return element && element.flags & ts.TypeFlags.StringLike ? 'string[]' : 'json';
}
