/** What a form body or a query string becomes: text, lists and named groups, as deep as the brackets say. */
export type FormValue = string | FormValue[] | Form;
export interface Form {
  [key: string]: FormValue;
}

const maxDepth = 8;

/** Reads `a[b][0]=c` the way Stripe does; `a[]=x` appends, and a group whose keys are all numbers is a list. */
export function parseForm(text: string): Form {
  const root = group();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/\]\[|\[|\]$/);
    if (name.endsWith(']')) path.pop();
    put(root, path.slice(0, maxDepth), value);
  }
  return listify(root) as Form;
}

/** Without a prototype, so that a field named `constructor` or `__proto__` is only a field. */
function group(): Form {
  return Object.create(null) as Form;
}

function put(into: Form, path: string[], value: string): void {
  const [head = '', ...rest] = path;
  const key = head === '' ? String(Object.keys(into).length) : head;
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const next = into[key];
  const inner = typeof next === 'object' && !Array.isArray(next) ? next : group();
  into[key] = inner;
  put(inner, rest, value);
}

function listify(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => listify(value[key] as FormValue));
  }
  for (const key of keys) value[key] = listify(value[key] as FormValue);
  return value;
}
