import { snapshot } from './events.js';
import { apiErrors } from './api-error.js';
import type { State } from './store.js';

/** A copy of `object` for the response, with the ids at the given paths replaced by the objects they name. */
export function present(object: unknown, paths: string[], state: State): unknown {
  const copy = outgoing(object);
  for (const path of paths) {
    if (path.split('.').length > 4)
      throw apiErrors.invalid('You cannot expand more than 4 levels of a property.');
    expandAt(copy, object, path.split('.'), path, state);
  }
  return copy;
}

function outgoing(object: unknown): unknown {
  if (isRecord(object) && object.object === 'list') {
    return { ...object, data: (object.data as unknown[]).map(snapshot) };
  }
  return snapshot(object);
}

/** `source` is the stored object behind `copy`: it may have fields that a response contains only when expanded. */
function expandAt(copy: unknown, source: unknown, path: string[], whole: string, state: State): void {
  if (Array.isArray(copy)) {
    copy.forEach((entry, at) => expandAt(entry, (source as unknown[])[at], path, whole, state));
    return;
  }
  const [key = '', ...rest] = path;
  if (!isRecord(copy) || !isRecord(source) || !(key in source)) {
    throw apiErrors.invalid(`This property cannot be expanded (${key}).`, 'expand');
  }
  copy[key] ??= structuredClone(source[key]);
  const found = typeof copy[key] === 'string' ? lookUp(copy[key], state) : undefined;
  if (found) copy[key] = snapshot(found);
  if (rest.length > 0 && copy[key] !== null) expandAt(copy[key], found ?? source[key], rest, whole, state);
}

function lookUp(id: string, state: State): unknown {
  return (
    state.customers[id] ??
    state.products[id] ??
    state.prices[id] ??
    state.subscriptions[id] ??
    state.invoices[id] ??
    state.paymentIntents[id] ??
    state.charges[id] ??
    state.sessions[id] ??
    state.paymentMethods[id] ??
    state.portalConfigurations[id]
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
