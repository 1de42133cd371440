import type { Params } from './params.js';
import { apiErrors } from './api-error.js';
import type { WireList } from './wire/object.js';

interface Listed {
  id: string;
  created?: number;
}

/** The parameters of every list. */
export const listParams = ['limit', 'starting_after', 'ending_before', 'created'];

/**
 * One page of a list, newest first. `all` is in order of creation. A cursor is the id of an object of the list as
 * filtered; `ending_before` gives the page just before it.
 */
export function page<T extends Listed>(all: T[], params: Params, url: string): WireList<T> {
  const list = all.filter(within(params)).reverse();
  const limit = pageSize(params);
  const after = params.text('starting_after');
  const before = params.text('ending_before');
  if (after && before) {
    throw apiErrors.invalid('You may only specify one of these parameters: starting_after, ending_before.');
  }
  if (before) {
    const end = position(list, before, 'ending_before');
    const from = Math.max(0, end - limit);
    return { object: 'list', data: list.slice(from, end), has_more: from > 0, url };
  }
  const from = after ? position(list, after, 'starting_after') + 1 : 0;
  const data = list.slice(from, from + limit);
  return { object: 'list', data, has_more: from + data.length < list.length, url };
}

function pageSize(params: Params): number {
  const limit = params.int('limit') ?? 10;
  if (limit < 1 || limit > 100) {
    throw apiErrors.invalid(
      'Invalid limit: must be between 1 and 100.',
      'limit',
      'parameter_invalid_integer',
    );
  }
  return limit;
}

function position(list: Listed[], id: string, param: string): number {
  const at = list.findIndex((entry) => entry.id === id);
  if (at < 0) throw apiErrors.invalid(`No such object: '${id}'`, param, 'resource_missing');
  return at;
}

/** `created` as a moment or as `[gt]`, `[gte]`, `[lt]`, `[lte]`. */
function within(params: Params): (entry: Listed) => boolean {
  const range = params.group('created');
  const exact = typeof params.form.created === 'string' ? params.int('created') : null;
  const above = Math.max((range.int('gt') ?? -Infinity) + 1, range.int('gte') ?? -Infinity);
  const below = Math.min((range.int('lt') ?? Infinity) - 1, range.int('lte') ?? Infinity);
  return ({ created = 0 }) => (exact === null || created === exact) && created >= above && created <= below;
}
